SELECT claimed_by, token, stage, attempt, infrastructure_failures
FROM beadswarm.beads
WHERE id = @bead AND state = 'held'
FOR UPDATE
