UPDATE bead SET started = 1 WHERE id = $bead
