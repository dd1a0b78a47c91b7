INSERT INTO beadswarm.execution_costs (run, swarm, bead_id, agent_id, stage, runner, model, calls, input_tokens,
  output_tokens, cache_read_tokens, cache_write_tokens, cost_nanos, at)
VALUES (@run, coalesce((SELECT max(id) FROM beadswarm.swarms), 0), @bead, @agent, @stage, @runner, @model, @calls,
  @input, @output, @cache_read, @cache_write, @cost_nanos, @now)
ON CONFLICT DO NOTHING
