DELETE FROM beadswarm.agent_state WHERE node = @name
