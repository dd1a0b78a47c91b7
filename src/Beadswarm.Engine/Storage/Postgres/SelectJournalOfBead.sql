SELECT sequence, at, swarm, bead_id, agent_id, body
FROM beadswarm.journal
WHERE bead_id = @bead AND sequence > @after
ORDER BY sequence
LIMIT @limit
