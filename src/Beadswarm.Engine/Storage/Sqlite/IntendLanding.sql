UPDATE landing SET state = 'intended', intent_base = $base, intent_candidate = $candidate, intent_tree = $tree,
  intent_paths = $paths, intent_batch_base = $batch_base, intent_batch = $batch, updated_at = $now
WHERE id = $landing AND state IN ('queued', 'intended', 'integrated')
