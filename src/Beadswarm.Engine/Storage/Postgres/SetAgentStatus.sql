UPDATE beadswarm.agent_state SET status = @status, reason = @reason, since = @now
WHERE agent_id = @agent AND (status <> @status OR reason IS DISTINCT FROM @reason)
