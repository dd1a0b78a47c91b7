-- A renewal never shortens a lease. It is not journalled: it changes who may act by nothing.
UPDATE beadswarm.beads SET heartbeat_at = @now, expires_at = greatest(expires_at, @now + @lease)
WHERE id = @bead AND state = 'held' AND claimed_by = @agent AND token = @token AND expires_at > @now
