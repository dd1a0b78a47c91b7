INSERT INTO beadswarm.beads (id, title, priority, unblocks, created_at, ordinal, rank, ready, state, stage, attempt,
  attempts_allowed, updated_at)
VALUES (@bead, @title, @priority, @unblocks, @created_at, @ordinal, @rank, @ready, 'pending', @stage, 1, @allowed,
  @now)
