SELECT sequence, at, swarm, bead_id, agent_id, body
FROM beadswarm.journal
WHERE type = @type
ORDER BY sequence DESC
LIMIT @limit
