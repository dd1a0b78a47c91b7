INSERT INTO stage_run (swarm, bead, agent, token, stage, attempt, status, workspace, branch, session_folder,
  base_commit, started_at)
VALUES ((SELECT max(id) FROM swarm), $bead, $agent, $token, $stage, $attempt, 'started', $workspace, $branch,
  $session_folder, $base_commit, $now)
RETURNING id
