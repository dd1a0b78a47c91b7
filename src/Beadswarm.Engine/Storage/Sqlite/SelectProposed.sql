SELECT bead, pull_number, pull_url, pull_waits
FROM landing
WHERE pull_number IS NOT NULL AND state IN ('queued', 'intended', 'integrated')
ORDER BY id
