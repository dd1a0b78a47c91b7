INSERT INTO beadswarm.effects (kind, subject, bead_id, agent_id, from_commit, to_commit, at)
VALUES (@kind, @subject, @bead, @agent, @from, @to, @now)
RETURNING id
