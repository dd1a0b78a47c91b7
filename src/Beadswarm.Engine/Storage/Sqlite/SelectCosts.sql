SELECT
  CASE $by
    WHEN 'bead' THEN bead
    WHEN 'stage' THEN stage
    WHEN 'agent' THEN agent
    WHEN 'model' THEN coalesce(model, '')
    WHEN 'runner' THEN runner
    WHEN 'swarm' THEN CAST(swarm AS TEXT)
    WHEN 'day' THEN strftime('%Y-%m-%d', at / 1000000, 'unixepoch')
    ELSE ''
  END AS key,
  count(*), count(*) - count(cost_nanos), sum(calls), sum(input_tokens), sum(output_tokens), sum(cache_read_tokens),
  sum(cache_write_tokens), coalesce(sum(cost_nanos), 0)
FROM cost
WHERE ($bead IS NULL OR bead = $bead) AND (NOT $this_swarm OR swarm = (SELECT max(id) FROM swarm))
  AND ($since IS NULL OR at >= $since)
GROUP BY 1
