-- The rule of claiming, one statement: selects, marks and returns. ClaimRules.Next says the same over a list.
-- Each served stage contributes the first of its index, as many as @reach, so a long backlog, or one that waits for
-- another role, is never scanned. Of these the best that no other claimer holds is locked, looked at again as it is
-- now, and changed: a row whose claim is being committed elsewhere is passed over, never waited for and never granted
-- twice. The lock is taken in a query of its own, once, and not in a subquery of a condition, which may run repeatedly.
-- Nothing is selected when the epoch is stale or the swarm takes no new work.
WITH
current AS MATERIALIZED (
  SELECT id, target, begin_limit, actor
  FROM beadswarm.swarms
  WHERE id = (SELECT max(id) FROM beadswarm.swarms) AND epoch = @epoch AND status IN ('starting', 'running')
),
room AS MATERIALIZED (
  SELECT id
  FROM current
  WHERE (target IS NULL OR target > (
      SELECT count(*) FROM beadswarm.beads bead
      WHERE bead.begun_swarm = current.id AND bead.state NOT IN ('blocked', 'withdrawn')))
    AND (begin_limit IS NULL OR begin_limit > (
      SELECT count(*) FROM beadswarm.beads bead WHERE bead.begun_swarm = current.id))
),
served AS MATERIALIZED (SELECT stage FROM jsonb_array_elements_text(@stages::jsonb) AS list (stage)),
head AS MATERIALIZED (
  SELECT id
  FROM beadswarm.beads
  WHERE state = 'held' AND NOT external AND expires_at <= @now AND ready AND stage IN (SELECT stage FROM served)
    AND (@only::text IS NULL OR id = @only::text)
  UNION ALL
  SELECT begun.id
  FROM served CROSS JOIN LATERAL (
    SELECT id
    FROM beadswarm.beads
    WHERE state = 'pending' AND ready AND begun_swarm IS NOT NULL AND stage = served.stage
      AND (not_before IS NULL OR not_before <= @now) AND (@only::text IS NULL OR id = @only::text)
    ORDER BY rank, priority, unblocks DESC, created_at, id
    LIMIT @reach) begun
  UNION ALL
  SELECT fresh.id
  FROM room CROSS JOIN served CROSS JOIN LATERAL (
    SELECT id
    FROM beadswarm.beads
    WHERE state = 'pending' AND ready AND begun_swarm IS NULL AND stage = served.stage
      AND (not_before IS NULL OR not_before <= @now) AND (@only::text IS NULL OR id = @only::text)
    ORDER BY (last_agent IS NULL), rank, priority, unblocks DESC, created_at, id
    LIMIT @reach) fresh
),
chosen AS MATERIALIZED (
  SELECT bead.id
  FROM current CROSS JOIN beadswarm.beads bead
  WHERE bead.id = ANY (ARRAY(SELECT id FROM head)) -- as a list, so that it is looked up whatever the planner expects
    AND bead.ready AND bead.stage IN (SELECT stage FROM served)
    AND (bead.state = 'pending' AND (bead.not_before IS NULL OR bead.not_before <= @now)
      OR bead.state = 'held' AND NOT bead.external AND bead.expires_at <= @now)
    AND (bead.begun_swarm IS NOT NULL OR EXISTS (SELECT FROM room))
  ORDER BY bead.begun_swarm IS NULL, bead.last_agent IS NULL,
    bead.rank, bead.priority, bead.unblocks DESC, bead.created_at, bead.id
  LIMIT 1
  FOR UPDATE OF bead SKIP LOCKED
)
UPDATE beadswarm.beads bead SET
  state = 'held',
  claimed_by = @agent,
  external = @external,
  node = @node,
  token = bead.token + 1,
  claimed_at = @now,
  heartbeat_at = @now,
  expires_at = @now + @lease,
  superseded_agent = bead.claimed_by,
  superseded_expires_at = bead.expires_at,
  -- A lease that ran out is an infrastructure failure: a bead that kills its agent is not retried without end.
  infrastructure_failures = bead.infrastructure_failures + (bead.state = 'held')::integer,
  not_before = NULL,
  begun_swarm = (SELECT id FROM current),
  last_agent = @agent,
  updated_at = @now
FROM chosen
WHERE bead.id = chosen.id
RETURNING bead.id, bead.token, bead.stage, bead.attempt, bead.attempts_allowed, bead.infrastructure_failures,
  bead.expires_at, bead.head_commit, bead.base_commit, bead.started, bead.superseded_agent, bead.superseded_expires_at,
  (SELECT actor FROM current)
