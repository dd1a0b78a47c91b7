SELECT id, claimed_by, token FROM beadswarm.beads WHERE state = 'held' AND node IS DISTINCT FROM @name ORDER BY id
