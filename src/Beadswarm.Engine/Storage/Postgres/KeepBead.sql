UPDATE beadswarm.beads SET stage = @stage, attempt = @attempt, updated_at = @now WHERE id = @bead
