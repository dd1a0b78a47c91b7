-- The batch stays: what it became is looked for on the target.
UPDATE beadswarm.landings SET state = 'integrated', integrated_commit = @commit, intent_base = NULL,
  intent_candidate = NULL, intent_tree = NULL, intent_paths = NULL, updated_at = @now
WHERE id = @landing AND state IN ('queued', 'intended')
