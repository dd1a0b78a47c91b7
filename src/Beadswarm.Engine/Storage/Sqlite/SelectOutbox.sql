SELECT id, bead, kind, text FROM outbox ORDER BY id LIMIT $limit
