INSERT INTO effect (kind, subject, bead, agent, from_commit, to_commit, at)
VALUES ($kind, $subject, $bead, $agent, $from, $to, $now)
RETURNING id
