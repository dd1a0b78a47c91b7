-- The fence of every write on behalf of a claim. No row: nothing may be written.
SELECT stage, attempt, (SELECT status FROM swarm ORDER BY id DESC LIMIT 1)
FROM bead
WHERE id = $bead AND state = 'held' AND agent = $agent AND token = $token AND expires_at > $now
