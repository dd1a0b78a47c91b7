SELECT id, kind, subject, bead_id, agent_id, from_commit, to_commit, at FROM beadswarm.effects ORDER BY id
