-- A run that passed where the last one, of the same tree and recipe, had failed.
ALTER TABLE beadswarm.gate_results ADD COLUMN flaky boolean NOT NULL DEFAULT false;
CREATE INDEX gate_results_gate ON beadswarm.gate_results (gate);
