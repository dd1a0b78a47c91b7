UPDATE beadswarm.landings SET state = 'intended', intent_base = @base, intent_candidate = @candidate,
  intent_tree = @tree, intent_paths = @paths, updated_at = @now
WHERE id = @landing AND state IN ('queued', 'intended', 'integrated')
