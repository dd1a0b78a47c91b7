INSERT INTO journal (at, swarm, bead, agent, type, body)
VALUES ($now, coalesce((SELECT max(id) FROM swarm), 0), $bead, $agent, $type, $body)
