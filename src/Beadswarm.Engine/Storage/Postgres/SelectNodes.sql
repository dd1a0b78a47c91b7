SELECT name, clone, host, pid, generation, remote, target, first_agent, agents, joined_at, heartbeat_at, expires_at,
  ended, ended_at
FROM beadswarm.nodes
ORDER BY first_agent, name
