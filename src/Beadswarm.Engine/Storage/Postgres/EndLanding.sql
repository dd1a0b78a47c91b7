UPDATE beadswarm.landings SET state = @state, detail = @detail, observed_tip = @observed_tip, updated_at = @now
WHERE id = @landing AND state IN ('queued', 'intended', 'integrated')
