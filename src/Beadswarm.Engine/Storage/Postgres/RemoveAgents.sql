DELETE FROM beadswarm.agent_state
WHERE agent_id NOT IN (SELECT number::integer FROM jsonb_array_elements_text(@agents::jsonb) AS list (number))
