SELECT
  CASE @by
    WHEN 'bead' THEN bead_id
    WHEN 'stage' THEN stage
    WHEN 'agent' THEN agent
    WHEN 'model' THEN coalesce(model, '')
    WHEN 'runner' THEN runner
    WHEN 'swarm' THEN swarm::text
    WHEN 'day' THEN to_char(at AT TIME ZONE 'UTC', 'YYYY-MM-DD')
    ELSE ''
  END AS key,
  count(*)::integer, (count(*) - count(cost_nanos))::integer, sum(calls)::bigint, sum(input_tokens)::bigint,
  sum(output_tokens)::bigint, sum(cache_read_tokens)::bigint, sum(cache_write_tokens)::bigint,
  coalesce(sum(cost_nanos), 0)::bigint
FROM beadswarm.v_costs
WHERE (@bead::text IS NULL OR bead_id = @bead)
  AND (NOT @this_swarm OR swarm = (SELECT max(id) FROM beadswarm.swarms))
  AND (@since::timestamptz IS NULL OR at >= @since)
GROUP BY 1
