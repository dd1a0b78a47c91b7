SELECT landing.id, landing.bead, bead.title, bead.priority, landing.attempt, bead.attempts_allowed, landing.agent,
  landing.branch, landing.base_commit, landing.head_commit, landing.head_tree, landing.state, landing.intent_base,
  landing.intent_candidate, landing.intent_tree, landing.intent_paths, landing.integrated_commit, landing.detail,
  landing.queued_at, landing.updated_at, landing.pull_number, landing.pull_url, landing.pull_branch,
  landing.pull_head, landing.pull_waits, landing.intent_batch_base, landing.intent_batch
FROM landing JOIN bead ON bead.id = landing.bead
WHERE $bead IS NULL OR landing.bead = $bead
ORDER BY landing.id
