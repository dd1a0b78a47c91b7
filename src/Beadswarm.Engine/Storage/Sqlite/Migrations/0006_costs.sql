-- What the agent of each execution used: the journal's agent.used as a row, written in the same transaction, so that
-- sums need no reading of the journal. A cost is in billionths of a dollar, and null where nobody knows it.
CREATE TABLE execution_cost (
  run                INTEGER PRIMARY KEY REFERENCES stage_run (id),
  swarm              INTEGER NOT NULL,
  bead               TEXT NOT NULL REFERENCES bead (id),
  agent              INTEGER NOT NULL,
  stage              TEXT NOT NULL,
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
CREATE INDEX execution_cost_swarm ON execution_cost (swarm);
CREATE INDEX execution_cost_bead ON execution_cost (bead);
CREATE INDEX execution_cost_at ON execution_cost (at);

-- An execution that was recorded twice counts once, as it was first.
INSERT OR IGNORE INTO execution_cost
SELECT json_extract(body, '$.run'), swarm, bead, agent, json_extract(body, '$.stage'), json_extract(body, '$.runner'),
  json_extract(body, '$.model'), json_extract(body, '$.calls'), json_extract(body, '$.inputTokens'),
  json_extract(body, '$.outputTokens'), json_extract(body, '$.cacheReadTokens'),
  json_extract(body, '$.cacheWriteTokens'), CAST(round(json_extract(body, '$.costUsd') * 1000000000) AS INTEGER), at
FROM journal
WHERE type = 'agent.used' AND bead IS NOT NULL AND agent IS NOT NULL
ORDER BY sequence;
