INSERT INTO beadswarm.agent_state (agent_id, role, runner, status, since)
VALUES (@agent, @role, @runner, 'idle', @now)
ON CONFLICT (agent_id) DO UPDATE SET role = excluded.role, runner = excluded.runner, reason = NULL,
  since = excluded.since,
  status = CASE WHEN EXISTS (SELECT FROM beadswarm.beads WHERE state = 'held' AND claimed_by = excluded.agent_id)
    THEN 'working' ELSE 'idle' END
