SELECT gate, count(*) FILTER (WHERE status = 'passed'), count(*) FILTER (WHERE status = 'failed'),
  count(*) FILTER (WHERE status = 'no_verdict'), count(*) FILTER (WHERE flaky),
  coalesce(sum(duration) FILTER (WHERE status = 'passed'), interval '0'), max(at)
FROM beadswarm.gate_results
GROUP BY gate
ORDER BY gate COLLATE "C"
