SELECT sequence, at, swarm, bead, agent, body
FROM journal
WHERE type = $type
ORDER BY sequence DESC
LIMIT $limit
