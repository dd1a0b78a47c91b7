SELECT id, verb, bead_id, agent_id, token, stage, attempt, answer FROM beadswarm.requests WHERE id = @id
