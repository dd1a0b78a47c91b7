INSERT INTO request (id, verb, bead, agent, token, stage, attempt, answer, at)
VALUES ($id, $verb, $bead, $agent, $token, $stage, $attempt, $answer, $now)
