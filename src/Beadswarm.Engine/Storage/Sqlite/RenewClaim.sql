-- A renewal never shortens a lease. It is not journalled: it changes who may act by nothing.
UPDATE bead SET expires_at = max(expires_at, $now + $lease)
WHERE id = $bead AND state = 'held' AND agent = $agent AND token = $token AND expires_at > $now
