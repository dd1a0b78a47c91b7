UPDATE beadswarm.stage_history SET status = 'interrupted', result = @summary, completed_at = @now
WHERE bead_id = @bead AND status = 'started'
