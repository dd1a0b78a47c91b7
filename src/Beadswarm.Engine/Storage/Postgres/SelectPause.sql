SELECT reason, since FROM beadswarm.pause
