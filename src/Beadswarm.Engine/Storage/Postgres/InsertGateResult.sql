INSERT INTO beadswarm.gate_results (bead_id, gate, recipe, commit_id, tree, status, exit_code, reason, log_path,
  log_sha256, output_tail, count, at, duration, flaky)
VALUES (@bead, @gate, @recipe, @commit, @tree, @status, @exit_code, @reason, @log_path, @log_sha256, @output_tail,
  @count, @at, @duration, @flaky)
