-- The fence of everything that a node does as such, and its lock.
SELECT name, clone, host, pid, generation, remote, target, first_agent, agents, joined_at, heartbeat_at, expires_at,
  ended, ended_at
FROM beadswarm.nodes
WHERE name = @name AND generation = @generation
FOR UPDATE
