UPDATE agent SET status = 'idle', reason = NULL, since = $now
WHERE number = $agent AND status = 'working'
  AND NOT EXISTS (SELECT 1 FROM bead WHERE state = 'held' AND agent = $agent)
