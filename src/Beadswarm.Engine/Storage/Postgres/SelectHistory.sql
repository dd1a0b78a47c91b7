SELECT newest.id, newest.agent_id, newest.bead_id, newest.stage, attempt_number, status, result, feedback, head_commit,
  head_tree, session_folder, workspace, branch, started_at, completed_at,
  input_tokens, output_tokens, cache_read_tokens, cache_write_tokens, cost_nanos
FROM (
  SELECT *
  FROM beadswarm.stage_history
  WHERE (@bead::text IS NULL OR bead_id = @bead) AND (@agent::integer IS NULL OR agent_id = @agent)
  ORDER BY id DESC
  LIMIT @limit) newest
LEFT JOIN beadswarm.execution_costs cost ON cost.run = newest.id
ORDER BY newest.id
