-- The claim of an external agent whose lease has ended, and nobody has renewed it since.
SELECT stage, attempt, infrastructure_failures, expires_at
FROM bead
WHERE id = $bead AND state = 'held' AND external = 1 AND agent = $agent AND token = $token AND expires_at <= $now
