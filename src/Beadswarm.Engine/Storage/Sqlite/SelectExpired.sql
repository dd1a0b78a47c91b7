SELECT id, agent, token, stage, attempt, infrastructure_failures, expires_at, external
FROM bead
WHERE state = 'held' AND expires_at <= $now AND agent NOT IN (SELECT value FROM json_each($except))
ORDER BY expires_at, id
