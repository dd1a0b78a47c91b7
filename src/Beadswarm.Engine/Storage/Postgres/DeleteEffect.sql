DELETE FROM beadswarm.effects WHERE id = @id
RETURNING id, kind, subject, bead_id, agent_id, from_commit, to_commit, at
