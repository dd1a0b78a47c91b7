DELETE FROM effect WHERE id = $id
RETURNING id, kind, subject, bead, agent, from_commit, to_commit, at
