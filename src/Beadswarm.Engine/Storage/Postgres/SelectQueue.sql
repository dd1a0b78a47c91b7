SELECT landing.id, landing.bead_id, bead.title, bead.priority, landing.attempt, bead.attempts_allowed, landing.agent_id,
  landing.branch, landing.base_commit, landing.head_commit, landing.head_tree, landing.state, landing.intent_base,
  landing.intent_candidate, landing.intent_tree, landing.intent_paths, landing.integrated_commit, landing.detail,
  landing.queued_at, landing.updated_at, landing.pull_number, landing.pull_url, landing.pull_branch,
  landing.pull_head, landing.pull_waits, landing.intent_batch_base, landing.intent_batch,
  wish.wish, wish.reason
FROM beadswarm.landings landing JOIN beadswarm.beads bead ON bead.id = landing.bead_id
  LEFT JOIN beadswarm.wishes wish ON wish.landing = landing.id
WHERE landing.state IN ('queued', 'intended', 'integrated')
ORDER BY CASE landing.state WHEN 'intended' THEN 0 WHEN 'integrated' THEN 1 ELSE 2 END, landing.id
