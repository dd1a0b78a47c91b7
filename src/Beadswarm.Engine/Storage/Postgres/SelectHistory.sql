SELECT id, agent_id, bead_id, stage, attempt_number, status, result, feedback, head_commit, head_tree, session_folder,
  workspace, branch, started_at, completed_at
FROM (
  SELECT *
  FROM beadswarm.stage_history
  WHERE (@bead::text IS NULL OR bead_id = @bead) AND (@agent::integer IS NULL OR agent_id = @agent)
  ORDER BY id DESC
  LIMIT @limit) newest
ORDER BY id
