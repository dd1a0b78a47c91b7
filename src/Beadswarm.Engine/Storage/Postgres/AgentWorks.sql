-- An agent that was not started by the swarm introduces itself by its first claim.
INSERT INTO beadswarm.agent_state (agent_id, role, runner, status, since)
VALUES (@agent, 'external', 'external', 'working', @now)
ON CONFLICT (agent_id) DO UPDATE SET status = 'working', reason = NULL, since = excluded.since
