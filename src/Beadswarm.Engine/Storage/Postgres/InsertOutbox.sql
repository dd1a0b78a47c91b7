INSERT INTO beadswarm.outbox (bead_id, kind, text, at) VALUES (@bead, @kind, @text, @now)
