DELETE FROM beadswarm.pause
