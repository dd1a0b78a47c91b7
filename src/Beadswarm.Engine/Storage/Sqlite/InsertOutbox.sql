INSERT INTO outbox (bead, kind, text, at) VALUES ($bead, $kind, $text, $now)
