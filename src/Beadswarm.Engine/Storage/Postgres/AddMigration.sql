INSERT INTO beadswarm.migrations (version) VALUES (@version)
