-- Without a lock: what was answered is committed.
SELECT last FROM beadswarm.writers WHERE id = @writer
