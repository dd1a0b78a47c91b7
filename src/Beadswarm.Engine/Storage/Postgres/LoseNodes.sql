-- Not the holder of the swarm: that one is lost when another takes its place.
UPDATE beadswarm.nodes SET ended = 'lost', ended_at = @now
WHERE ended IS NULL AND expires_at <= @now AND name <> @name
  AND name <> (SELECT node FROM beadswarm.swarms ORDER BY id DESC LIMIT 1)
RETURNING name, clone, host, pid, generation, remote, target, first_agent, agents, joined_at, heartbeat_at, expires_at,
  ended, ended_at
