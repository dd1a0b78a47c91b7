INSERT INTO beadswarm.swarms (epoch, status, node, target, begin_limit, order_kind, first_stage, retry_stage, actor,
  continued, started_at)
VALUES (coalesce((SELECT max(epoch) FROM beadswarm.swarms), 0) + 1, 'starting', @node, @target, @limit, @order,
  @first_stage, @retry_stage, @actor, false, @now)
