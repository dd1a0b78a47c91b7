INSERT INTO beadswarm.landings (bead_id, agent_id, attempt, branch, base_commit, head_commit, head_tree, state,
  queued_at, updated_at)
SELECT id, @agent, attempt, branch, base_commit, head_commit, head_tree, 'queued', @now, @now
FROM beadswarm.beads
WHERE id = @bead
RETURNING id, head_commit
