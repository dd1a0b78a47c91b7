-- Clones that have not taken part for long: their names may be others' then.
DELETE FROM beadswarm.nodes WHERE ended IS NOT NULL AND ended_at < @before AND name <> @name
