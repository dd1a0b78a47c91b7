-- A run that passed where the last one, of the same tree and recipe, had failed.
ALTER TABLE gate_result ADD COLUMN flaky INTEGER NOT NULL DEFAULT 0;
CREATE INDEX gate_result_gate ON gate_result (gate);
