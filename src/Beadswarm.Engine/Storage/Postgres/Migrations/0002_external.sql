-- Agents that the swarm has not started. Whose claim it is, is kept with the claim; a request, with what it came to.
ALTER TABLE beadswarm.beads ADD COLUMN external boolean NOT NULL DEFAULT false;

CREATE TABLE beadswarm.requests (
  id       text COLLATE "C" PRIMARY KEY,
  verb     text NOT NULL,
  bead_id  text COLLATE "C" NOT NULL REFERENCES beadswarm.beads (id),
  agent_id integer NOT NULL,
  token    bigint NOT NULL,
  stage    text NOT NULL,
  attempt  integer NOT NULL,
  answer   text,
  at       timestamptz NOT NULL
);
CREATE INDEX requests_at ON beadswarm.requests (at);
