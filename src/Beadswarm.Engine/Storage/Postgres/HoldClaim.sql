-- The fence of every write on behalf of a claim, and its lock: until this transaction ends nobody takes the bead over.
-- No row: nothing may be written.
SELECT stage, attempt
FROM beadswarm.beads
WHERE id = @bead AND state = 'held' AND claimed_by = @agent AND token = @token AND expires_at > @now
FOR UPDATE
