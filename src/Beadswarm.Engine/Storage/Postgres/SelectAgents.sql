SELECT agent.agent_id, agent.role, agent.status, agent.reason, agent.since, bead.id AS bead, bead.stage, bead.attempt
FROM beadswarm.agent_state agent LEFT JOIN beadswarm.beads bead ON bead.id = (
  SELECT held.id FROM beadswarm.beads held WHERE held.state = 'held' AND held.claimed_by = agent.agent_id
  ORDER BY held.updated_at DESC, held.id LIMIT 1)
ORDER BY agent.agent_id
