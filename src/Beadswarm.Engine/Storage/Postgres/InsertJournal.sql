-- All entries of a transaction, at its end: from here to the commit the head's row is locked, so that numbers follow
-- commits.
WITH head AS (
  UPDATE beadswarm.journal_head SET last = last + cardinality(@types)
  RETURNING last - cardinality(@types) AS before
)
INSERT INTO beadswarm.journal (sequence, at, swarm, bead_id, agent_id, type, body)
SELECT head.before + entry.n, @now, coalesce((SELECT max(id) FROM beadswarm.swarms), 0), entry.bead, entry.agent,
  entry.type, entry.body::json
FROM head, unnest(@beads, @agents, @types, @bodies) WITH ORDINALITY AS entry (bead, agent, type, body, n)
