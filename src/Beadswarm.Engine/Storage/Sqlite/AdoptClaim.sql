-- Also under an expired lease: nobody has taken the bead since, or the token would differ.
UPDATE bead SET token = token + 1, expires_at = $now + $lease, updated_at = $now
WHERE id = $bead AND state = 'held' AND agent = $agent AND token = $token
RETURNING id, token, stage, attempt, attempts_allowed, infrastructure_failures, expires_at,
  head_commit, base_commit, external
