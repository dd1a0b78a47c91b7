INSERT INTO beadswarm.wishes AS asked (landing, wish, reason, at)
SELECT landing.id, @wish, @reason, @now
FROM beadswarm.landings landing
WHERE landing.bead_id = @bead AND landing.state IN ('queued', 'intended')
ON CONFLICT (landing) DO UPDATE SET wish = excluded.wish, reason = excluded.reason, at = excluded.at
RETURNING asked.landing, (SELECT agent_id FROM beadswarm.landings WHERE id = asked.landing)
