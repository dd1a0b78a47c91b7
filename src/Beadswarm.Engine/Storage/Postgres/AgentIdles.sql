UPDATE beadswarm.agent_state SET status = 'idle', reason = NULL, since = @now
WHERE agent_id = @agent AND status = 'working'
  AND NOT EXISTS (SELECT FROM beadswarm.beads WHERE state = 'held' AND claimed_by = @agent)
