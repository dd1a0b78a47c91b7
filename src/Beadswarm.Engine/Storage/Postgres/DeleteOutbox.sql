DELETE FROM beadswarm.outbox WHERE id = @id RETURNING bead_id, kind
