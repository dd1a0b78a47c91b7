-- Pending beads are begun in the current swarm or not at all.
UPDATE beadswarm.beads SET state = 'pending', stage = @stage, attempt = @attempt, attempts_allowed = @allowed,
  infrastructure_failures = @failures, not_before = @not_before, ready = @ready, detail = NULL, ended_at = NULL,
  base_commit = CASE WHEN @afresh THEN NULL ELSE base_commit END,
  head_commit = CASE WHEN @afresh THEN NULL ELSE head_commit END,
  head_tree = CASE WHEN @afresh THEN NULL ELSE head_tree END,
  begun_swarm = CASE WHEN begun_swarm = (SELECT max(id) FROM beadswarm.swarms) THEN begun_swarm END,
  updated_at = @now
WHERE id = @bead
