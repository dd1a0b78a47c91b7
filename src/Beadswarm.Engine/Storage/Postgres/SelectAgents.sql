-- While the swarm is worked, those of nodes that do not take part any more are none of its agents.
WITH current AS MATERIALIZED (SELECT node, status FROM beadswarm.swarms ORDER BY id DESC LIMIT 1)
SELECT agent.agent_id, agent.role, agent.status, agent.reason, agent.since, bead.id AS bead, bead.stage, bead.attempt,
  agent.node
FROM beadswarm.agent_state agent LEFT JOIN beadswarm.beads bead ON bead.id = (
  SELECT held.id FROM beadswarm.beads held WHERE held.state = 'held' AND held.claimed_by = agent.agent_id
  ORDER BY held.updated_at DESC, held.id LIMIT 1)
WHERE NOT EXISTS (
  SELECT FROM beadswarm.nodes node JOIN current ON current.status IN ('starting', 'running', 'stopping')
  WHERE node.name = agent.node AND node.ended IS NOT NULL AND node.name <> current.node)
ORDER BY agent.agent_id
