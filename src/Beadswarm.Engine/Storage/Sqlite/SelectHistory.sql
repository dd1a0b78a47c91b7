SELECT id, agent, bead, stage, attempt, status, summary, feedback, head_commit, head_tree, session_folder, workspace,
  branch, started_at, completed_at
FROM (
  SELECT *
  FROM stage_run
  WHERE ($bead IS NULL OR bead = $bead) AND ($agent IS NULL OR agent = $agent)
  ORDER BY id DESC
  LIMIT $limit)
ORDER BY id
