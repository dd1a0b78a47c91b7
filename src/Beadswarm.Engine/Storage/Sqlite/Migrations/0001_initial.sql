-- Instants are integers: microseconds since 1970-01-01 UTC. Integers compare and index as time does, in every driver.
-- STRICT is not used: the bundled library (3.35) does not know it.

CREATE TABLE swarm (
  id          INTEGER PRIMARY KEY,
  epoch       INTEGER NOT NULL UNIQUE,
  status      TEXT NOT NULL CHECK (status IN ('starting', 'running', 'stopping', 'stopped', 'completed')),
  reason      TEXT,
  node        TEXT NOT NULL,
  target      INTEGER,
  begin_limit INTEGER,
  order_kind  TEXT NOT NULL CHECK (order_kind IN ('triage', 'tracker')),
  first_stage TEXT NOT NULL,
  retry_stage TEXT NOT NULL,
  actor       TEXT NOT NULL,
  continued   INTEGER NOT NULL,
  started_at  INTEGER NOT NULL,
  ended_at    INTEGER
);

CREATE TABLE agent (
  number INTEGER PRIMARY KEY,
  role   TEXT NOT NULL,
  runner TEXT NOT NULL,
  status TEXT NOT NULL CHECK (status IN ('idle', 'working', 'waiting', 'parked')),
  reason TEXT,
  since  INTEGER NOT NULL
);

-- One row for each bead that was ever selected. Rows are never deleted, so a token is never reused.
CREATE TABLE bead (
  id                      TEXT PRIMARY KEY NOT NULL,
  title                   TEXT NOT NULL,
  priority                INTEGER NOT NULL,
  unblocks                INTEGER NOT NULL,
  created_at              INTEGER NOT NULL,
  ordinal                 INTEGER NOT NULL,
  rank                    INTEGER NOT NULL, -- ordinal when the swarm follows the tracker's order, otherwise 0
  ready                   INTEGER NOT NULL CHECK (ready IN (0, 1)),
  state                   TEXT NOT NULL CHECK (state IN
                            ('pending', 'held', 'landing', 'completed', 'left', 'blocked', 'withdrawn')),
  stage                   TEXT NOT NULL,
  not_before              INTEGER,
  agent                   INTEGER,
  node                    TEXT,
  expires_at              INTEGER,
  token                   INTEGER NOT NULL DEFAULT 0, -- the last one granted; it only grows
  superseded_agent        INTEGER,                    -- whose expired lease the present claim took over, if any
  superseded_expires_at   INTEGER,
  attempt                 INTEGER NOT NULL,
  attempts_allowed        INTEGER NOT NULL,
  infrastructure_failures INTEGER NOT NULL DEFAULT 0,
  started                 INTEGER NOT NULL DEFAULT 0, -- the tracker was told that we work on it, and nothing since
  begun_swarm             INTEGER REFERENCES swarm (id),
  base_commit             TEXT,
  head_commit             TEXT,
  head_tree               TEXT,
  branch                  TEXT,
  last_agent              INTEGER,
  detail                  TEXT,                       -- commit, branch or reason of the state it ended in
  ended_at                INTEGER,
  updated_at              INTEGER NOT NULL,
  CHECK ((state = 'held') = (agent IS NOT NULL)),
  CHECK ((state = 'held') = (expires_at IS NOT NULL)),
  CHECK (not_before IS NULL OR state = 'pending')
);

-- What a claim looks at, in the order it chooses: first what this swarm has begun, then the rest.
CREATE INDEX bead_begun ON bead (stage, rank, priority, unblocks DESC, created_at, id)
  WHERE state = 'pending' AND ready = 1 AND begun_swarm IS NOT NULL;
CREATE INDEX bead_fresh ON bead (stage, last_agent IS NULL, rank, priority, unblocks DESC, created_at, id)
  WHERE state = 'pending' AND ready = 1 AND begun_swarm IS NULL;
CREATE INDEX bead_lease ON bead (expires_at) WHERE state = 'held';
CREATE INDEX bead_holder ON bead (agent) WHERE state = 'held';
CREATE INDEX bead_swarm ON bead (begun_swarm, state) WHERE begun_swarm IS NOT NULL;
CREATE INDEX bead_snoozed ON bead (not_before) WHERE not_before IS NOT NULL;

CREATE TABLE stage_run (
  id                INTEGER PRIMARY KEY AUTOINCREMENT,
  swarm             INTEGER NOT NULL REFERENCES swarm (id),
  bead              TEXT NOT NULL REFERENCES bead (id),
  agent             INTEGER NOT NULL,
  token             INTEGER NOT NULL,
  stage             TEXT NOT NULL,
  attempt           INTEGER NOT NULL,
  status            TEXT NOT NULL CHECK (status IN ('started', 'passed', 'failed', 'error', 'interrupted')),
  summary           TEXT,
  feedback          TEXT,
  head_commit       TEXT,
  head_tree         TEXT,
  workspace         TEXT NOT NULL,
  branch            TEXT NOT NULL,
  session_folder    TEXT NOT NULL,
  base_commit       TEXT NOT NULL,
  pid               INTEGER,
  pid_start_ticks   INTEGER,
  boot_id           TEXT,
  process_folder    TEXT,
  process_tag       TEXT,
  started_at        INTEGER NOT NULL,
  completed_at      INTEGER,
  CHECK ((status = 'started') = (completed_at IS NULL))
);
CREATE UNIQUE INDEX stage_run_open ON stage_run (bead) WHERE status = 'started';
CREATE INDEX stage_run_bead ON stage_run (bead, id);
CREATE INDEX stage_run_agent ON stage_run (agent, id);

CREATE TABLE landing (
  id                INTEGER PRIMARY KEY AUTOINCREMENT,
  bead              TEXT NOT NULL REFERENCES bead (id),
  agent             INTEGER NOT NULL,
  attempt           INTEGER NOT NULL,
  branch            TEXT NOT NULL,
  base_commit       TEXT NOT NULL,
  head_commit       TEXT NOT NULL,
  head_tree         TEXT NOT NULL,
  state             TEXT NOT NULL CHECK (state IN
                      ('queued', 'intended', 'integrated', 'landed', 'left', 'returned')),
  intent_base       TEXT,
  intent_candidate  TEXT,
  intent_tree       TEXT,
  intent_paths      TEXT,
  integrated_commit TEXT,
  detail            TEXT,
  observed_tip      TEXT,
  queued_at         INTEGER NOT NULL,
  updated_at        INTEGER NOT NULL,
  CHECK (state <> 'intended' OR intent_candidate IS NOT NULL),
  CHECK (state <> 'integrated' OR integrated_commit IS NOT NULL)
);
CREATE UNIQUE INDEX landing_live ON landing (bead) WHERE state IN ('queued', 'intended', 'integrated');
CREATE INDEX landing_bead ON landing (bead, id);

CREATE TABLE content (
  sha256 TEXT PRIMARY KEY NOT NULL,
  bytes  BLOB NOT NULL
);

CREATE TABLE artifact (
  id         INTEGER PRIMARY KEY AUTOINCREMENT,
  bead       TEXT NOT NULL REFERENCES bead (id),
  run        INTEGER REFERENCES stage_run (id),
  landing    INTEGER REFERENCES landing (id),
  kind       TEXT NOT NULL,
  name       TEXT NOT NULL,
  sha256     TEXT NOT NULL REFERENCES content (sha256),
  created_at INTEGER NOT NULL
);
CREATE INDEX artifact_bead ON artifact (bead, id);

CREATE TABLE gate_result (
  id          INTEGER PRIMARY KEY AUTOINCREMENT,
  bead        TEXT,
  gate        TEXT NOT NULL,
  recipe      TEXT NOT NULL,
  commit_id   TEXT NOT NULL,
  tree        TEXT NOT NULL,
  status      TEXT NOT NULL CHECK (status IN ('passed', 'failed', 'no_verdict')),
  exit_code   INTEGER,
  reason      TEXT NOT NULL,
  log_path    TEXT NOT NULL,
  log_sha256  TEXT NOT NULL,
  output_tail TEXT NOT NULL,
  count       INTEGER,
  at          INTEGER NOT NULL,
  duration    INTEGER NOT NULL
);
-- No verdict is evidence of nothing: it is kept for people and never found by the cache.
CREATE INDEX gate_result_verdict ON gate_result (tree, recipe, id) WHERE status <> 'no_verdict';

CREATE TABLE baseline (
  gate  TEXT PRIMARY KEY NOT NULL,
  count INTEGER NOT NULL,
  at    INTEGER NOT NULL
);

CREATE TABLE outbox (
  id   INTEGER PRIMARY KEY AUTOINCREMENT,
  bead TEXT NOT NULL REFERENCES bead (id),
  kind TEXT NOT NULL CHECK (kind IN ('start', 'close', 'block', 'reopen')),
  text TEXT,
  at   INTEGER NOT NULL
);
CREATE INDEX outbox_bead ON outbox (bead, id);

-- Without AUTOINCREMENT a sequence is the last one plus one, and rows never go: it has no gaps.
CREATE TABLE journal (
  sequence INTEGER PRIMARY KEY,
  at       INTEGER NOT NULL,
  swarm    INTEGER NOT NULL,
  bead     TEXT,
  agent    INTEGER,
  type     TEXT NOT NULL,
  body     TEXT NOT NULL
);
CREATE INDEX journal_bead ON journal (bead, sequence) WHERE bead IS NOT NULL;

CREATE TRIGGER journal_refuses_update BEFORE UPDATE ON journal
BEGIN
  SELECT RAISE(ABORT, 'the journal is append-only: no entry is ever changed');
END;

CREATE TRIGGER journal_refuses_delete BEFORE DELETE ON journal
BEGIN
  SELECT RAISE(ABORT, 'the journal is append-only: no entry is ever deleted');
END;

-- INSERT OR REPLACE deletes without firing the trigger above.
CREATE TRIGGER journal_refuses_replace BEFORE INSERT ON journal
WHEN EXISTS (SELECT 1 FROM journal WHERE sequence = NEW.sequence)
BEGIN
  SELECT RAISE(ABORT, 'the journal is append-only: no entry is ever replaced');
END;

CREATE TRIGGER journal_refuses_gaps AFTER INSERT ON journal
WHEN NEW.sequence <> 1 AND NOT EXISTS (SELECT 1 FROM journal WHERE sequence = NEW.sequence - 1)
BEGIN
  SELECT RAISE(ABORT, 'the journal has no gaps: a sequence is the last one plus one');
END;
