SELECT id, epoch, status, reason, node, target, begin_limit, started_at, ended_at, continued
FROM beadswarm.swarms
ORDER BY id DESC
LIMIT 1
