SELECT stage_run.id, stage_run.stage, stage_run.attempt, stage_run.workspace, stage_run.branch,
  stage_run.session_folder, stage_run.base_commit, stage_run.pid, stage_run.pid_start_ticks, stage_run.boot_id,
  stage_run.process_folder, stage_run.process_tag, stage_run.started_at,
  bead.id AS bead, bead.agent, bead.token, bead.stage AS bead_stage, bead.attempt AS bead_attempt,
  bead.attempts_allowed, bead.infrastructure_failures, bead.expires_at, bead.head_commit, bead.base_commit
    AS bead_base_commit,
  bead.external
FROM stage_run JOIN bead ON bead.id = stage_run.bead
WHERE stage_run.status = 'started' AND bead.state = 'held'
ORDER BY stage_run.id
