-- Back to where it was before the intent.
UPDATE beadswarm.landings SET state = CASE WHEN integrated_commit IS NULL THEN 'queued' ELSE 'integrated' END,
  intent_base = NULL, intent_candidate = NULL, intent_tree = NULL, intent_paths = NULL, intent_batch_base = NULL,
  intent_batch = NULL, updated_at = @now
WHERE id = @landing AND state = 'intended'
