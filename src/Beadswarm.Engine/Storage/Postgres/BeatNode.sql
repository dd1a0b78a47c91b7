-- Not journalled: it changes who may act by nothing.
UPDATE beadswarm.nodes SET heartbeat_at = @now, expires_at = greatest(expires_at, @now + @lease), ended = NULL,
  ended_at = NULL
WHERE name = @name
