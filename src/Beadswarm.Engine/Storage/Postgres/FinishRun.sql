UPDATE beadswarm.stage_history SET status = @status, result = @summary, feedback = @feedback,
  head_commit = @head_commit, head_tree = @head_tree, completed_at = @now
WHERE id = @run AND bead_id = @bead AND status = 'started'
RETURNING stage, attempt_number, started_at
