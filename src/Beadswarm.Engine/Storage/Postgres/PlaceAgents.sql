UPDATE beadswarm.agent_state SET node = @name WHERE agent_id >= @first AND agent_id < @first + @agents
