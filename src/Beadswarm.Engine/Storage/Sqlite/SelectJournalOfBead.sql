SELECT sequence, at, swarm, bead, agent, body
FROM journal
WHERE bead = $bead AND sequence > $after
ORDER BY sequence
LIMIT $limit
