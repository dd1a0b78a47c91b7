UPDATE beadswarm.beads SET state = @state, detail = @detail, ended_at = @now, claimed_by = NULL, expires_at = NULL,
  not_before = NULL, updated_at = @now
WHERE id = @bead
