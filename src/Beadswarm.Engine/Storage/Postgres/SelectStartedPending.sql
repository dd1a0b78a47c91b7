SELECT id FROM beadswarm.beads WHERE state = 'pending' AND started ORDER BY id
