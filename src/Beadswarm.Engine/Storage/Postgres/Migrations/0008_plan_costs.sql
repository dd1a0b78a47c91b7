-- What a planner used for each answer: the journal's plan.used as a row, written in the same transaction. The session is
-- the answer's own name, so that it counts once; the bead need not be one that a swarm knows.
CREATE TABLE beadswarm.plan_costs (
  session            text COLLATE "C" PRIMARY KEY,
  swarm              bigint NOT NULL,
  bead_id            text COLLATE "C" NOT NULL,
  runner             text NOT NULL,
  model              text,
  calls              integer NOT NULL,
  input_tokens       bigint NOT NULL,
  output_tokens      bigint NOT NULL,
  cache_read_tokens  bigint NOT NULL,
  cache_write_tokens bigint NOT NULL,
  cost_nanos         bigint,
  at                 timestamptz NOT NULL
);
CREATE INDEX plan_costs_at ON beadswarm.plan_costs (at);

-- Everything that agents used. A planner has no number of its own.
CREATE VIEW beadswarm.v_costs AS
SELECT swarm, bead_id, agent_id::text AS agent, stage, runner, model, calls, input_tokens, output_tokens,
  cache_read_tokens, cache_write_tokens, cost_nanos, at
FROM beadswarm.execution_costs
UNION ALL
SELECT swarm, bead_id, '', 'planner', runner, model, calls, input_tokens, output_tokens,
  cache_read_tokens, cache_write_tokens, cost_nanos, at
FROM beadswarm.plan_costs;

CREATE OR REPLACE VIEW beadswarm.v_bead_costs AS
SELECT bead_id, count(*) AS executions, count(*) - count(cost_nanos) AS unpriced,
  sum(input_tokens + output_tokens + cache_read_tokens + cache_write_tokens) AS tokens,
  coalesce(sum(cost_nanos), 0) / 1000000000.0 AS cost_usd
FROM beadswarm.v_costs
GROUP BY bead_id
ORDER BY cost_usd DESC, bead_id;
