SELECT bead_id, pull_number, pull_url, pull_waits
FROM beadswarm.landings
WHERE pull_number IS NOT NULL AND state IN ('queued', 'intended', 'integrated')
ORDER BY id
