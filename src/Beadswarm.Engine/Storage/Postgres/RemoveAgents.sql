-- Those of other nodes that live stay.
DELETE FROM beadswarm.agent_state
WHERE agent_id NOT IN (SELECT number::integer FROM jsonb_array_elements_text(@agents::jsonb) AS list (number))
  AND NOT EXISTS (SELECT FROM beadswarm.nodes WHERE name = agent_state.node AND ended IS NULL)
