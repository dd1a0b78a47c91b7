INSERT INTO beadswarm.requests (id, verb, bead_id, agent_id, token, stage, attempt, answer, at)
VALUES (@id, @verb, @bead, @agent, @token, @stage, @attempt, @answer, @now)
