INSERT OR IGNORE INTO plan_cost (session, swarm, bead, runner, model, calls, input_tokens, output_tokens,
  cache_read_tokens, cache_write_tokens, cost_nanos, at)
VALUES ($session, coalesce((SELECT max(id) FROM swarm), 0), $bead, $runner, $model, $calls, $input, $output,
  $cache_read, $cache_write, $cost_nanos, $now)
