SELECT gate, recipe, commit_id, tree, status, exit_code, reason, log_path, log_sha256, output_tail, count, at, duration
FROM beadswarm.gate_results
WHERE tree = @tree AND recipe = @recipe AND status <> 'no_verdict'
ORDER BY id DESC
LIMIT 1
