-- A writer that begins. What others left long ago is cleared away.
WITH gone AS (DELETE FROM beadswarm.writers WHERE at < clock_timestamp() - interval '30 days')
INSERT INTO beadswarm.writers (id, node, last, at) VALUES (@writer, @node, 0, clock_timestamp())
ON CONFLICT (id) DO NOTHING
