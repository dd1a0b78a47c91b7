INSERT INTO beadswarm.stage_history (swarm, bead_id, agent_id, token, stage, attempt_number, status, workspace, branch,
  session_folder, base_commit, started_at)
VALUES ((SELECT max(id) FROM beadswarm.swarms), @bead, @agent, @token, @stage, @attempt, 'started', @workspace, @branch,
  @session_folder, @base_commit, @now)
RETURNING id
