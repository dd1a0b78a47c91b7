-- Numbers under which other nodes hold beads, whether they live or not.
SELECT DISTINCT claimed_by FROM beadswarm.beads
WHERE state = 'held' AND NOT external AND node IS DISTINCT FROM @name
ORDER BY claimed_by
