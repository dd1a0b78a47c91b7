WITH current (id, target, begin_limit, status) AS (
  SELECT id, target, begin_limit, status FROM beadswarm.swarms ORDER BY id DESC LIMIT 1
),
tally (landed, left_over, active, begun, attempts) AS (
  SELECT count(*) FILTER (WHERE state = 'completed'), count(*) FILTER (WHERE state = 'left'),
    count(*) FILTER (WHERE state NOT IN ('blocked', 'withdrawn')), count(*), coalesce(sum(attempt), 0)
  FROM beadswarm.beads
  WHERE begun_swarm = (SELECT id FROM current)
)
SELECT
  tally.landed,
  tally.left_over,
  tally.attempts,
  (SELECT count(*) FROM beadswarm.beads WHERE state = 'held') AS held,
  (SELECT count(*) FROM beadswarm.beads WHERE state = 'landing') AS landing,
  (SELECT count(*) FROM beadswarm.beads WHERE state = 'blocked') AS blocked,
  (SELECT count(*) FROM beadswarm.beads WHERE state = 'pending') AS pending,
  (SELECT count(*) FROM beadswarm.beads
    WHERE state = 'pending' AND ready AND (not_before IS NULL OR not_before <= @now)
      AND (begun_swarm IS NOT NULL OR NOT EXISTS (
        SELECT FROM current WHERE tally.active >= current.target OR tally.begun >= current.begin_limit))) AS ready,
  (SELECT min(not_before) FROM beadswarm.beads WHERE not_before > @now AND state = 'pending' AND ready) AS next_wake_at
FROM tally
