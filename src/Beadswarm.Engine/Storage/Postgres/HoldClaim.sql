-- The fence of every write on behalf of a claim, and its lock: until this transaction ends nobody takes the bead over.
-- No row: nothing may be written. Found by its key alone: an index of what is held has an entry for each claim there was
-- lately, and as long as some old transaction is open, for every one since.
WITH bead AS MATERIALIZED (
  SELECT stage, attempt, state, claimed_by, token, expires_at FROM beadswarm.beads WHERE id = @bead FOR UPDATE
)
SELECT stage, attempt, (SELECT status FROM beadswarm.swarms ORDER BY id DESC LIMIT 1)
FROM bead
WHERE state = 'held' AND claimed_by = @agent AND token = @token AND expires_at > @now
