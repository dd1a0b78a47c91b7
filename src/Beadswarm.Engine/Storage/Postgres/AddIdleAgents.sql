INSERT INTO beadswarm.agent_state (agent_id, role, runner, status, since)
SELECT number, 'worker', 'external', 'idle', beadswarm.clock() FROM generate_series(1, @agents) AS list (number)
ON CONFLICT (agent_id) DO NOTHING
