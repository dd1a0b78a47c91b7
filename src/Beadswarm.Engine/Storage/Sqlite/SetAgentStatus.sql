UPDATE agent SET status = $status, reason = $reason, since = $now
WHERE number = $agent AND (status <> $status OR reason IS NOT $reason)
