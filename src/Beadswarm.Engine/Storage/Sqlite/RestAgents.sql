UPDATE agent SET status = 'idle', reason = NULL, since = $now WHERE status = 'waiting'
