SELECT id, kind, subject, bead, agent, from_commit, to_commit, at FROM effect ORDER BY id
