-- Locked, so that a renewal that arrives now is told that it came too late.
SELECT id, claimed_by, token, stage, attempt, infrastructure_failures, expires_at, external
FROM beadswarm.beads
WHERE state = 'held' AND expires_at <= @now
  AND claimed_by NOT IN (SELECT number::integer FROM jsonb_array_elements_text(@except::jsonb) AS list (number))
ORDER BY expires_at, id
FOR UPDATE SKIP LOCKED
