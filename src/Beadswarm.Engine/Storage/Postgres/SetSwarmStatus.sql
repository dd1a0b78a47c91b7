UPDATE beadswarm.swarms SET status = @status, reason = @reason,
  ended_at = CASE WHEN @status IN ('stopped', 'completed') THEN @now END
WHERE id = (SELECT max(id) FROM beadswarm.swarms) AND (status <> @status OR reason IS DISTINCT FROM @reason)
