SELECT sequence, at, swarm, bead, agent, body FROM journal WHERE sequence > $after ORDER BY sequence LIMIT $limit
