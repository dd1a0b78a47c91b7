INSERT INTO beadswarm.plan_costs (session, swarm, bead_id, runner, model, calls, input_tokens, output_tokens,
  cache_read_tokens, cache_write_tokens, cost_nanos, at)
VALUES (@session, coalesce((SELECT max(id) FROM beadswarm.swarms), 0), @bead, @runner, @model, @calls, @input, @output,
  @cache_read, @cache_write, @cost_nanos, @now)
ON CONFLICT DO NOTHING
