SELECT gate, sum(status = 'passed'), sum(status = 'failed'), sum(status = 'no_verdict'), sum(flaky),
  sum(CASE status WHEN 'passed' THEN duration ELSE 0 END), max(at)
FROM gate_result
GROUP BY gate
ORDER BY gate
