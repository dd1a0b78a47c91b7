-- The tracker that is told from now on is another clone's: it may not know yet what has become of this swarm's beads.
SELECT bead.id, bead.state, bead.detail
FROM beadswarm.beads bead
WHERE bead.begun_swarm = @swarm AND bead.state IN ('completed', 'left', 'blocked')
  AND NOT EXISTS (SELECT FROM beadswarm.outbox WHERE bead_id = bead.id)
ORDER BY bead.id
