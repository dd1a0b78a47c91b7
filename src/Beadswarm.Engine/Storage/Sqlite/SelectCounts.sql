WITH current (id, target, begin_limit, status) AS (
  SELECT id, target, begin_limit, status FROM swarm ORDER BY id DESC LIMIT 1
),
tally (landed, left_over, active, begun, attempts) AS (
  SELECT coalesce(sum(state = 'completed'), 0), coalesce(sum(state = 'left'), 0),
    coalesce(sum(state NOT IN ('blocked', 'withdrawn')), 0), count(*), coalesce(sum(attempt), 0)
  FROM bead
  WHERE begun_swarm = (SELECT id FROM current)
)
SELECT
  tally.landed,
  tally.left_over,
  tally.attempts,
  (SELECT count(*) FROM bead WHERE state = 'held') AS held,
  (SELECT count(*) FROM bead WHERE state = 'landing') AS landing,
  (SELECT count(*) FROM bead WHERE state = 'blocked') AS blocked,
  (SELECT count(*) FROM bead WHERE state = 'pending') AS pending,
  (SELECT count(*) FROM bead WHERE state = 'pending' AND ready = 1 AND (not_before IS NULL OR not_before <= $now)
    AND (begun_swarm IS NOT NULL OR NOT EXISTS (
      SELECT 1 FROM current WHERE tally.active >= current.target OR tally.begun >= current.begin_limit))) AS ready,
  (SELECT min(not_before) FROM bead WHERE not_before > $now AND state = 'pending' AND ready = 1) AS next_wake_at
FROM tally
