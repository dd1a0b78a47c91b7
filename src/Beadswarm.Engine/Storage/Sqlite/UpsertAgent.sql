INSERT INTO agent (number, role, runner, status, since) VALUES ($agent, $role, $runner, 'idle', $now)
ON CONFLICT (number) DO UPDATE SET role = excluded.role, runner = excluded.runner, reason = NULL, since = excluded.since,
  status = CASE WHEN EXISTS (SELECT 1 FROM bead WHERE bead.state = 'held' AND bead.agent = excluded.number)
    THEN 'working' ELSE 'idle' END
