UPDATE beadswarm.beads SET state = 'pending', stage = @stage, attempt = @attempt,
  infrastructure_failures = @failures, not_before = @not_before, claimed_by = NULL, expires_at = NULL, updated_at = @now
WHERE id = @bead
