-- Also under an expired lease: nobody has taken the bead since, or the token would differ.
UPDATE beadswarm.beads SET token = token + 1, claimed_at = @now, heartbeat_at = @now, expires_at = @now + @lease,
  updated_at = @now
WHERE id = @bead AND state = 'held' AND claimed_by = @agent AND token = @token
RETURNING id, token, stage, attempt, attempts_allowed, infrastructure_failures, expires_at,
  head_commit, base_commit, external
