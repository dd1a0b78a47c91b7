SELECT agent.number, agent.role, agent.status, agent.reason, agent.since, bead.id AS bead, bead.stage, bead.attempt,
  NULL AS node
FROM agent LEFT JOIN bead ON bead.id = (
  SELECT held.id FROM bead held WHERE held.state = 'held' AND held.agent = agent.number
  ORDER BY held.updated_at DESC, held.id LIMIT 1)
ORDER BY agent.number
