-- An agent that was not started by the swarm introduces itself by its first claim.
INSERT INTO agent (number, role, runner, status, since) VALUES ($agent, 'external', 'external', 'working', $now)
ON CONFLICT (number) DO UPDATE SET status = 'working', reason = NULL, since = excluded.since
