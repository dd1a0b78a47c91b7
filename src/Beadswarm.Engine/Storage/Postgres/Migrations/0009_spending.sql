-- What a node's agents that are at work have used, and what is set aside for them, so that the limits of a swarm hold for
-- all nodes together. Costs in billionths of a dollar.
ALTER TABLE beadswarm.nodes
  ADD COLUMN used_nanos bigint NOT NULL DEFAULT 0,
  ADD COLUMN used_tokens bigint NOT NULL DEFAULT 0,
  ADD COLUMN aside_nanos bigint NOT NULL DEFAULT 0,
  ADD COLUMN aside_tokens bigint NOT NULL DEFAULT 0;
