UPDATE bead SET started = 0 WHERE id = $bead
