SELECT landing.id, landing.bead, landing.agent, landing.state, landing.detail
FROM landing
WHERE landing.id = $landing
