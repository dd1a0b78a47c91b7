-- The claim of an external agent whose lease has ended, and nobody has renewed it since.
SELECT stage, attempt, infrastructure_failures, expires_at
FROM beadswarm.beads
WHERE id = @bead AND state = 'held' AND external AND claimed_by = @agent AND token = @token AND expires_at <= @now
FOR UPDATE
