-- The rule of claiming, one statement: selects, marks and returns. ClaimRules.Next says the same over a list.
-- Each served stage contributes the head of its index, so a long backlog, or one that waits for another role, is
-- never scanned. Nothing is selected when the epoch is stale or the swarm takes no new work.
WITH
current (id, target, begin_limit) AS (
  SELECT id, target, begin_limit
  FROM swarm
  WHERE id = (SELECT max(id) FROM swarm) AND epoch = $epoch AND status IN ('starting', 'running')
),
served (stage) AS (SELECT value FROM json_each($stages)),
candidate (id) AS (
  SELECT id
  FROM bead
  WHERE state = 'held' AND external = 0 AND expires_at <= $now AND ready = 1
    AND stage IN (SELECT stage FROM served) AND ($only IS NULL OR id = $only)
  UNION ALL
  SELECT (
    SELECT id
    FROM bead
    WHERE state = 'pending' AND ready = 1 AND begun_swarm IS NOT NULL AND stage = served.stage
      AND (not_before IS NULL OR not_before <= $now) AND ($only IS NULL OR id = $only)
    ORDER BY rank, priority, unblocks DESC, created_at, id
    LIMIT 1)
  FROM served
  UNION ALL
  SELECT (
    SELECT id
    FROM bead
    WHERE state = 'pending' AND ready = 1 AND begun_swarm IS NULL AND stage = served.stage
      AND (not_before IS NULL OR not_before <= $now) AND ($only IS NULL OR id = $only)
    ORDER BY last_agent IS NULL, rank, priority, unblocks DESC, created_at, id
    LIMIT 1)
  FROM served, current
  WHERE (current.target IS NULL OR current.target > (
          SELECT count(*) FROM bead WHERE begun_swarm = current.id AND state NOT IN ('blocked', 'withdrawn')))
    AND (current.begin_limit IS NULL OR current.begin_limit > (
          SELECT count(*) FROM bead WHERE begun_swarm = current.id))
)
UPDATE bead SET
  state = 'held',
  agent = $agent,
  external = $external,
  node = $node,
  token = token + 1,
  expires_at = $now + $lease,
  superseded_agent = agent,
  superseded_expires_at = expires_at,
  -- A lease that ran out is an infrastructure failure: a bead that kills its agent is not retried without end.
  infrastructure_failures = infrastructure_failures + (state = 'held'),
  not_before = NULL,
  begun_swarm = (SELECT id FROM current),
  last_agent = $agent,
  updated_at = $now
WHERE id = (
  SELECT bead.id
  FROM current, candidate JOIN bead ON bead.id = candidate.id
  ORDER BY bead.begun_swarm IS NULL, bead.last_agent IS NULL,
    bead.rank, bead.priority, bead.unblocks DESC, bead.created_at, bead.id
  LIMIT 1)
RETURNING id, token, stage, attempt, attempts_allowed, infrastructure_failures, expires_at, head_commit, base_commit,
  started, superseded_agent, superseded_expires_at, (SELECT actor FROM swarm WHERE swarm.id = begun_swarm)
