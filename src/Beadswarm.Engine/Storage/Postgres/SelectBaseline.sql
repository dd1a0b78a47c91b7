SELECT count FROM beadswarm.baselines WHERE gate = @gate
