-- Locked: of two that end a landing one comes first.
SELECT id, bead_id, agent_id, state, detail
FROM beadswarm.landings
WHERE id = @landing
FOR UPDATE
