UPDATE landing SET state = 'integrated', integrated_commit = $commit, intent_base = NULL, intent_candidate = NULL,
  intent_tree = NULL, intent_paths = NULL, intent_batch_base = NULL,
  intent_batch = NULL, updated_at = $now
WHERE id = $landing AND state IN ('queued', 'intended')
