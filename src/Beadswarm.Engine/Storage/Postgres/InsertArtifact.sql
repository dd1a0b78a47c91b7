INSERT INTO beadswarm.artifacts (bead_id, run, landing, kind, name, sha256, created_at)
VALUES (@bead, @run, @landing, @kind, @name, @sha256, @now)
