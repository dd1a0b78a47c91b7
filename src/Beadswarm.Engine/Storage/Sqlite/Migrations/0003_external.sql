-- Agents that the swarm has not started. Whose claim it is, is kept with the claim; a request, with what it came to.
ALTER TABLE bead ADD COLUMN external INTEGER NOT NULL DEFAULT 0;

CREATE TABLE request (
  id      TEXT PRIMARY KEY,
  verb    TEXT NOT NULL,
  bead    TEXT NOT NULL REFERENCES bead (id),
  agent   INTEGER NOT NULL,
  token   INTEGER NOT NULL,
  stage   TEXT NOT NULL,
  attempt INTEGER NOT NULL,
  answer  TEXT,
  at      INTEGER NOT NULL
);
CREATE INDEX request_at ON request (at);
