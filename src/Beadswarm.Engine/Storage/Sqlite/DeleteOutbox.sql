DELETE FROM outbox WHERE id = $id RETURNING bead, kind
