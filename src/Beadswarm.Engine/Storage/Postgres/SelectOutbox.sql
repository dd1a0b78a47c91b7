SELECT id, bead_id, kind, text FROM beadswarm.outbox ORDER BY id LIMIT @limit
