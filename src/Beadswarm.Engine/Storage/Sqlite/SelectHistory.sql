SELECT newest.id, newest.agent, newest.bead, newest.stage, attempt, status, summary, feedback, head_commit, head_tree,
  session_folder, workspace, branch, started_at, completed_at,
  input_tokens, output_tokens, cache_read_tokens, cache_write_tokens, cost_nanos
FROM (
  SELECT *
  FROM stage_run
  WHERE ($bead IS NULL OR bead = $bead) AND ($agent IS NULL OR agent = $agent)
  ORDER BY id DESC
  LIMIT $limit) newest
LEFT JOIN execution_cost cost ON cost.run = newest.id
ORDER BY newest.id
