-- The clones of the repository whose processes work this swarm together: one row for each that took part lately. Its
-- name stays the clone's. The generation grows with every start of it, so that an earlier process is fenced. Whether a
-- node lives is decided by this server's clock alone.
CREATE TABLE beadswarm.nodes (
  name         text COLLATE "C" PRIMARY KEY,
  clone        text NOT NULL UNIQUE,
  host         text NOT NULL,
  pid          integer NOT NULL,
  boot_id      text,
  generation   bigint NOT NULL,
  remote       text,              -- the repository that branches are exchanged through, without anything secret
  target       text NOT NULL,
  first_agent  integer NOT NULL CHECK (first_agent >= 1),
  agents       integer NOT NULL CHECK (agents >= 0),
  joined_at    timestamptz NOT NULL,
  heartbeat_at timestamptz NOT NULL,
  expires_at   timestamptz NOT NULL,
  ended        text CHECK (ended IN ('left', 'lost')),
  ended_at     timestamptz,
  CHECK ((ended IS NULL) = (ended_at IS NULL))
);

-- Whose worker slot it is; null where only one orchestrator ever worked here.
ALTER TABLE beadswarm.agent_state ADD COLUMN node text COLLATE "C";
