-- A target or limit that is not given stays as it was: going on is going on where it was.
UPDATE beadswarm.swarms SET epoch = (SELECT max(epoch) FROM beadswarm.swarms) + 1, status = 'starting', reason = NULL,
  ended_at = NULL, continued = true, node = @node, target = coalesce(@target, target),
  begin_limit = coalesce(@limit, begin_limit), order_kind = @order, first_stage = @first_stage,
  retry_stage = @retry_stage, actor = @actor
WHERE id = (SELECT max(id) FROM beadswarm.swarms)
