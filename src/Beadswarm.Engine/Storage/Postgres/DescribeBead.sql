UPDATE beadswarm.beads SET title = @title, priority = @priority, unblocks = @unblocks, created_at = @created_at,
  ordinal = @ordinal, rank = @rank, ready = @ready, updated_at = @now
WHERE id = @bead
