-- Waits for a transaction of this writer that the server has not given up yet.
SELECT last FROM beadswarm.writers WHERE id = @writer FOR UPDATE
