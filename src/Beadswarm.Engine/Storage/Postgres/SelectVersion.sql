SELECT max(version) FROM beadswarm.migrations
