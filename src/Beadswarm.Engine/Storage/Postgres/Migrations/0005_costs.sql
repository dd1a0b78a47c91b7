-- What the agent of each execution used: the journal's agent.used as a row, written in the same transaction, so that
-- sums need no reading of the journal. A cost is in billionths of a dollar, and null where nobody knows it.
CREATE TABLE beadswarm.execution_costs (
  run                bigint PRIMARY KEY REFERENCES beadswarm.stage_history (id),
  swarm              bigint NOT NULL,
  bead_id            text COLLATE "C" NOT NULL,
  agent_id           integer NOT NULL,
  stage              text NOT NULL,
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
CREATE INDEX execution_costs_swarm ON beadswarm.execution_costs (swarm);
CREATE INDEX execution_costs_bead ON beadswarm.execution_costs (bead_id);
CREATE INDEX execution_costs_at ON beadswarm.execution_costs (at);

-- An execution that was recorded twice counts once, as it was first.
INSERT INTO beadswarm.execution_costs
SELECT (body ->> 'run')::bigint, swarm, bead_id, agent_id, body ->> 'stage', body ->> 'runner', body ->> 'model',
  (body ->> 'calls')::integer, (body ->> 'inputTokens')::bigint, (body ->> 'outputTokens')::bigint,
  (body ->> 'cacheReadTokens')::bigint, (body ->> 'cacheWriteTokens')::bigint,
  round((body ->> 'costUsd')::numeric * 1000000000)::bigint, at
FROM beadswarm.journal
WHERE type = 'agent.used' AND bead_id IS NOT NULL AND agent_id IS NOT NULL
ORDER BY sequence
ON CONFLICT DO NOTHING;

-- What each bead has cost so far, dearest first.
CREATE VIEW beadswarm.v_bead_costs AS
SELECT bead_id, count(*) AS executions, count(*) - count(cost_nanos) AS unpriced,
  sum(input_tokens + output_tokens + cache_read_tokens + cache_write_tokens) AS tokens,
  coalesce(sum(cost_nanos), 0) / 1000000000.0 AS cost_usd
FROM beadswarm.execution_costs
GROUP BY bead_id
ORDER BY cost_usd DESC, bead_id;
