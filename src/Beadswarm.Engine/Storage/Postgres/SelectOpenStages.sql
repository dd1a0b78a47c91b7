SELECT run.id, run.stage, run.attempt_number, run.workspace, run.branch, run.session_folder, run.base_commit, run.pid,
  run.pid_start_ticks, run.boot_id, run.process_folder, run.process_tag, run.started_at,
  bead.id AS bead, bead.claimed_by, bead.token, bead.stage AS bead_stage, bead.attempt AS bead_attempt,
  bead.attempts_allowed, bead.infrastructure_failures, bead.expires_at, bead.head_commit,
  bead.base_commit AS bead_base_commit, bead.external
FROM beadswarm.stage_history run JOIN beadswarm.beads bead ON bead.id = run.bead_id
WHERE run.status = 'started' AND bead.state = 'held'
ORDER BY run.id
