UPDATE stage_run SET status = $status, summary = $summary, feedback = $feedback, head_commit = $head_commit,
  head_tree = $head_tree, completed_at = $now
WHERE id = $run AND bead = $bead AND status = 'started'
RETURNING stage, attempt, started_at
