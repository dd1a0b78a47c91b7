SELECT DISTINCT bead_id FROM beadswarm.outbox
