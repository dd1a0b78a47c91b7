INSERT INTO wish (landing, wish, reason, at)
SELECT landing.id, $wish, $reason, $now
FROM landing
WHERE landing.bead = $bead AND landing.state IN ('queued', 'intended')
ON CONFLICT (landing) DO UPDATE SET wish = excluded.wish, reason = excluded.reason, at = excluded.at
RETURNING landing, (SELECT agent FROM landing WHERE landing.id = wish.landing)
