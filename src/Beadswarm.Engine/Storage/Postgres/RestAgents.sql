UPDATE beadswarm.agent_state SET status = 'idle', reason = NULL, since = @now WHERE status = 'waiting'
