-- And until when another node than the one that holds the swarm may act on the claim without having heard of anything.
SELECT claimed_by, token, stage, attempt, infrastructure_failures,
  CASE WHEN EXISTS (
    SELECT FROM beadswarm.nodes node
    WHERE node.name = bead.node AND node.ended IS NULL
      AND node.name IS DISTINCT FROM (SELECT swarm.node FROM beadswarm.swarms swarm ORDER BY swarm.id DESC LIMIT 1))
  THEN expires_at END
FROM beadswarm.beads bead
WHERE id = @bead AND state = 'held'
FOR UPDATE OF bead
