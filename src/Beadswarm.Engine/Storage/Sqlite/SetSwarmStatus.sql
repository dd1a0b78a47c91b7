UPDATE swarm SET status = $status, reason = $reason,
  ended_at = CASE WHEN $status IN ('stopped', 'completed') THEN $now END
WHERE id = (SELECT max(id) FROM swarm) AND (status <> $status OR reason IS NOT $reason)
