INSERT INTO pause (id, reason, since) VALUES (1, $reason, $now)
ON CONFLICT (id) DO NOTHING
