-- What a planner used for each answer: the journal's plan.used as a row, written in the same transaction. The session is
-- the answer's own name, so that it counts once; the bead need not be one that a swarm knows.
CREATE TABLE plan_cost (
  session            TEXT PRIMARY KEY,
  swarm              INTEGER NOT NULL,
  bead               TEXT NOT NULL,
  runner             TEXT NOT NULL,
  model              TEXT,
  calls              INTEGER NOT NULL,
  input_tokens       INTEGER NOT NULL,
  output_tokens      INTEGER NOT NULL,
  cache_read_tokens  INTEGER NOT NULL,
  cache_write_tokens INTEGER NOT NULL,
  cost_nanos         INTEGER,
  at                 INTEGER NOT NULL
);
CREATE INDEX plan_cost_at ON plan_cost (at);

-- Everything that agents used. A planner has no number of its own.
CREATE VIEW cost AS
SELECT swarm, bead, CAST(agent AS TEXT) AS agent, stage, runner, model, calls, input_tokens, output_tokens,
  cache_read_tokens, cache_write_tokens, cost_nanos, at
FROM execution_cost
UNION ALL
SELECT swarm, bead, '', 'planner', runner, model, calls, input_tokens, output_tokens,
  cache_read_tokens, cache_write_tokens, cost_nanos, at
FROM plan_cost;
