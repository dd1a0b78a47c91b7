SELECT id, verb, bead, agent, token, stage, attempt, answer FROM request WHERE id = $id
