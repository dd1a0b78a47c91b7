SELECT id FROM bead WHERE state = 'pending' AND started = 1 ORDER BY id
