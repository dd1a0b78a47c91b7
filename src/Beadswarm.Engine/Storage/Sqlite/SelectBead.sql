SELECT id, title, priority, unblocks, created_at, ordinal, ready, state, stage, not_before, agent, token, expires_at,
  detail, ended_at, attempt, attempts_allowed, infrastructure_failures, started, base_commit, head_commit, head_tree,
  last_agent, updated_at, begun_swarm IS NOT NULL AND begun_swarm = (SELECT max(id) FROM swarm) AS begun,
  external
FROM bead
WHERE id = $bead
