-- Everything lives in one schema, so that one database can hold the swarms of many repositories. The name 'beadswarm.'
-- in front of every object is replaced where a store is kept in a schema of another name.
-- Texts that decide an order compare byte by byte, whatever the database's collation is.

-- The only clock that decides anything. Tests replace it to move time.
CREATE FUNCTION beadswarm.clock() RETURNS timestamptz LANGUAGE sql VOLATILE AS 'SELECT clock_timestamp()';

CREATE TABLE beadswarm.swarms (
  id          bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  epoch       bigint NOT NULL UNIQUE,
  status      text NOT NULL CHECK (status IN ('starting', 'running', 'stopping', 'stopped', 'completed')),
  reason      text,
  node        text NOT NULL,
  target      integer,
  begin_limit integer,
  order_kind  text NOT NULL CHECK (order_kind IN ('triage', 'tracker')),
  first_stage text NOT NULL,
  retry_stage text NOT NULL,
  actor       text NOT NULL,
  continued   boolean NOT NULL,
  started_at  timestamptz NOT NULL,
  ended_at    timestamptz
);

-- One row for each worker slot, 1..N as configured. What an agent works on is in the bead that it holds, once.
CREATE TABLE beadswarm.agent_state (
  agent_id    integer PRIMARY KEY CHECK (agent_id >= 1),
  role        text NOT NULL,
  runner      text NOT NULL,
  status      text NOT NULL CHECK (status IN ('idle', 'working', 'waiting', 'parked')),
  reason      text,
  since       timestamptz NOT NULL,
  last_update timestamptz NOT NULL DEFAULT beadswarm.clock()
);

-- One row for each bead that was ever selected. Rows are never deleted, so a token is never reused.
-- No foreign key to swarms: checking it would lock the swarm's row for everybody who claims.
-- The claim is part of the row: claiming changes the row that it selects, and the row's lock is the claim's lock.
CREATE TABLE beadswarm.beads (
  id                      text COLLATE "C" PRIMARY KEY,
  title                   text NOT NULL,
  priority                integer NOT NULL,
  unblocks                integer NOT NULL,
  created_at              timestamptz NOT NULL,
  ordinal                 bigint NOT NULL,
  rank                    bigint NOT NULL, -- ordinal when the swarm follows the tracker's order, otherwise 0
  ready                   boolean NOT NULL,
  state                   text NOT NULL CHECK (state IN
                            ('pending', 'held', 'landing', 'completed', 'left', 'blocked', 'withdrawn')),
  stage                   text NOT NULL,
  not_before              timestamptz,
  claimed_by              integer,
  node                    text,
  claimed_at              timestamptz,
  heartbeat_at            timestamptz,
  expires_at              timestamptz,
  token                   bigint NOT NULL DEFAULT 0, -- the last one granted; it only grows
  superseded_agent        integer,                   -- whose expired lease the present claim took over, if any
  superseded_expires_at   timestamptz,
  attempt                 integer NOT NULL,
  attempts_allowed        integer NOT NULL,
  infrastructure_failures integer NOT NULL DEFAULT 0,
  started                 boolean NOT NULL DEFAULT false, -- the tracker was told that we work on it, and nothing since
  begun_swarm             bigint,
  base_commit             text,
  head_commit             text,
  head_tree               text,
  branch                  text,
  last_agent              integer,
  detail                  text,                      -- commit, branch or reason of the state it ended in
  ended_at                timestamptz,
  updated_at              timestamptz NOT NULL,
  CHECK ((state = 'held') = (claimed_by IS NOT NULL)),
  CHECK ((state = 'held') = (expires_at IS NOT NULL)),
  CHECK (not_before IS NULL OR state = 'pending')
);

-- What a claim looks at, in the order it chooses: first what this swarm has begun, then the rest.
CREATE INDEX beads_begun ON beadswarm.beads (stage, rank, priority, unblocks DESC, created_at, id)
  WHERE state = 'pending' AND ready AND begun_swarm IS NOT NULL;
CREATE INDEX beads_fresh
  ON beadswarm.beads (stage, (last_agent IS NULL), rank, priority, unblocks DESC, created_at, id)
  WHERE state = 'pending' AND ready AND begun_swarm IS NULL;
CREATE INDEX beads_lease ON beadswarm.beads (expires_at) WHERE state = 'held';
CREATE INDEX beads_holder ON beadswarm.beads (claimed_by) WHERE state = 'held';
CREATE INDEX beads_swarm ON beadswarm.beads (begun_swarm, state) WHERE begun_swarm IS NOT NULL;
CREATE INDEX beads_snoozed ON beadswarm.beads (not_before) WHERE not_before IS NOT NULL;

CREATE TABLE beadswarm.stage_history (
  id              bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  swarm           bigint NOT NULL,
  bead_id         text COLLATE "C" NOT NULL REFERENCES beadswarm.beads (id),
  agent_id        integer NOT NULL,
  token           bigint NOT NULL,
  stage           text NOT NULL,
  attempt_number  integer NOT NULL,
  status          text NOT NULL CHECK (status IN ('started', 'passed', 'failed', 'error', 'interrupted')),
  result          text,
  feedback        text,
  head_commit     text,
  head_tree       text,
  workspace       text NOT NULL,
  branch          text NOT NULL,
  session_folder  text NOT NULL,
  base_commit     text NOT NULL,
  pid             integer,
  pid_start_ticks bigint,
  boot_id         text,
  process_folder  text,
  process_tag     text,
  started_at      timestamptz NOT NULL,
  completed_at    timestamptz,
  duration_ms     bigint GENERATED ALWAYS AS
                    ((extract(epoch FROM completed_at - started_at) * 1000)::bigint) STORED,
  CHECK ((status = 'started') = (completed_at IS NULL))
);
CREATE UNIQUE INDEX stage_history_open ON beadswarm.stage_history (bead_id) WHERE status = 'started';
CREATE INDEX stage_history_bead ON beadswarm.stage_history (bead_id, id);
CREATE INDEX stage_history_agent ON beadswarm.stage_history (agent_id, id);

CREATE TABLE beadswarm.landings (
  id                bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  bead_id           text COLLATE "C" NOT NULL REFERENCES beadswarm.beads (id),
  agent_id          integer NOT NULL,
  attempt           integer NOT NULL,
  branch            text NOT NULL,
  base_commit       text NOT NULL,
  head_commit       text NOT NULL,
  head_tree         text NOT NULL,
  state             text NOT NULL CHECK (state IN ('queued', 'intended', 'integrated', 'landed', 'left', 'returned')),
  intent_base       text,
  intent_candidate  text,
  intent_tree       text,
  intent_paths      text,
  integrated_commit text,
  detail            text,
  observed_tip      text,
  queued_at         timestamptz NOT NULL,
  updated_at        timestamptz NOT NULL,
  CHECK (state <> 'intended' OR intent_candidate IS NOT NULL),
  CHECK (state <> 'integrated' OR integrated_commit IS NOT NULL)
);
CREATE UNIQUE INDEX landings_live ON beadswarm.landings (bead_id)
  WHERE state IN ('queued', 'intended', 'integrated');
CREATE INDEX landings_bead ON beadswarm.landings (bead_id, id);

CREATE TABLE beadswarm.contents (
  sha256 text PRIMARY KEY,
  bytes  bytea NOT NULL
);

CREATE TABLE beadswarm.artifacts (
  id         bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  bead_id    text COLLATE "C" NOT NULL REFERENCES beadswarm.beads (id),
  run        bigint REFERENCES beadswarm.stage_history (id),
  landing    bigint REFERENCES beadswarm.landings (id),
  kind       text NOT NULL,
  name       text NOT NULL,
  sha256     text NOT NULL REFERENCES beadswarm.contents (sha256),
  created_at timestamptz NOT NULL
);
CREATE INDEX artifacts_bead ON beadswarm.artifacts (bead_id, id);

CREATE TABLE beadswarm.gate_results (
  id          bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  bead_id     text COLLATE "C",
  gate        text NOT NULL,
  recipe      text NOT NULL,
  commit_id   text NOT NULL,
  tree        text NOT NULL,
  status      text NOT NULL CHECK (status IN ('passed', 'failed', 'no_verdict')),
  exit_code   integer,
  reason      text NOT NULL,
  log_path    text NOT NULL,
  log_sha256  text NOT NULL,
  output_tail text NOT NULL,
  count       integer,
  at          timestamptz NOT NULL,
  duration    interval NOT NULL
);
-- No verdict is evidence of nothing: it is kept for people and never found by the cache.
CREATE INDEX gate_results_verdict ON beadswarm.gate_results (tree, recipe, id) WHERE status <> 'no_verdict';

CREATE TABLE beadswarm.baselines (
  gate  text PRIMARY KEY,
  count integer NOT NULL,
  at    timestamptz NOT NULL
);

-- What was intended outside of the store and has not been settled. A settled effect is deleted, its number not reused.
CREATE TABLE beadswarm.effects (
  id          bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  kind        text NOT NULL,
  subject     text NOT NULL,
  bead_id     text COLLATE "C",
  agent_id    integer,
  from_commit text,
  to_commit   text,
  at          timestamptz NOT NULL
);

CREATE TABLE beadswarm.outbox (
  id      bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  bead_id text COLLATE "C" NOT NULL REFERENCES beadswarm.beads (id),
  kind    text NOT NULL CHECK (kind IN ('start', 'close', 'block', 'reopen')),
  text    text,
  at      timestamptz NOT NULL
);
CREATE INDEX outbox_bead ON beadswarm.outbox (bead_id, id);

-- The number of the last entry. Its row is locked by whoever is about to commit, so numbers are given in the order of
-- commits, and a transaction that fails gives its numbers back.
CREATE TABLE beadswarm.journal_head (
  one  boolean PRIMARY KEY DEFAULT true CHECK (one),
  last bigint NOT NULL
);
INSERT INTO beadswarm.journal_head (last) VALUES (0);

CREATE TABLE beadswarm.journal (
  sequence bigint PRIMARY KEY,
  at       timestamptz NOT NULL,
  swarm    bigint NOT NULL,
  bead_id  text COLLATE "C",
  agent_id integer,
  type     text NOT NULL,
  body     json NOT NULL
);
CREATE INDEX journal_bead ON beadswarm.journal (bead_id, sequence) WHERE bead_id IS NOT NULL;

-- The number of each writer's last transaction: whether a commit that was never answered came about. A transaction
-- locks its row from its beginning, so whoever reads it under a lock knows that none is still on its way.
CREATE TABLE beadswarm.writers (
  id   uuid PRIMARY KEY,
  node text NOT NULL,
  last bigint NOT NULL,
  at   timestamptz NOT NULL
);

-- How every transaction that writes begins: nobody waits for ever, what is answered is on the disk, the writer's row is
-- locked until the transaction has ended in one way or the other, and whoever must be alone is. Returns the instant at
-- which everything in the transaction happens.
CREATE FUNCTION beadswarm.enter(turn text, writer uuid, number bigint) RETURNS timestamptz
LANGUAGE plpgsql VOLATILE AS $$
BEGIN
  IF current_setting('synchronous_commit') IN ('off', 'local') THEN
    PERFORM set_config('synchronous_commit', 'on', true);
  END IF;
  PERFORM set_config('lock_timeout', '20s', true),
    set_config('idle_in_transaction_session_timeout', '20s', true);
  UPDATE beadswarm.writers SET last = number, at = clock_timestamp() WHERE id = writer;
  IF turn = 'alone' THEN
    PERFORM pg_advisory_xact_lock(hashtext('beadswarm.journal'), 1);
  ELSE
    PERFORM pg_advisory_xact_lock_shared(hashtext('beadswarm.journal'), 1);
    IF turn = 'claiming' AND EXISTS (
      SELECT FROM beadswarm.swarms
      WHERE id = (SELECT max(id) FROM beadswarm.swarms) AND (target IS NOT NULL OR begin_limit IS NOT NULL))
    THEN
      PERFORM pg_advisory_xact_lock(hashtext('beadswarm.journal'), 2);
    END IF;
  END IF;
  RETURN beadswarm.clock();
END
$$;

CREATE FUNCTION beadswarm.keep_last_update() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  NEW.last_update = beadswarm.clock();
  RETURN NEW;
END
$$;
CREATE TRIGGER agent_state_last_update BEFORE UPDATE ON beadswarm.agent_state
  FOR EACH ROW EXECUTE FUNCTION beadswarm.keep_last_update();

CREATE FUNCTION beadswarm.refuse_rewriting() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  RAISE EXCEPTION 'the journal is append-only: no entry is ever changed or deleted';
END
$$;
CREATE TRIGGER journal_refuses_rewriting BEFORE UPDATE OR DELETE OR TRUNCATE ON beadswarm.journal
  FOR EACH STATEMENT EXECUTE FUNCTION beadswarm.refuse_rewriting();

-- The primary key refuses a number twice, so as many entries as numbers, the last of which is the head's, have no gap.
CREATE FUNCTION beadswarm.refuse_gaps() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF EXISTS (
    SELECT FROM beadswarm.journal_head head, (SELECT count(*), min(sequence), max(sequence) FROM entered) seen
    WHERE seen.count > 0 AND (seen.max <> head.last OR seen.max - seen.min + 1 <> seen.count
      OR seen.min > 1 AND NOT EXISTS (SELECT FROM beadswarm.journal WHERE sequence = seen.min - 1)))
  THEN
    RAISE EXCEPTION 'the journal has no gaps: a sequence is the last one plus one';
  END IF;
  RETURN NULL;
END
$$;
CREATE TRIGGER journal_refuses_gaps AFTER INSERT ON beadswarm.journal
  REFERENCING NEW TABLE AS entered FOR EACH STATEMENT EXECUTE FUNCTION beadswarm.refuse_gaps();

-- For people with psql.

CREATE VIEW beadswarm.bead_claims AS
SELECT id AS bead_id, coalesce(claimed_by, last_agent) AS claimed_by, node, token, claimed_at, heartbeat_at, expires_at,
  CASE state
    WHEN 'held' THEN 'in_progress'
    WHEN 'landing' THEN 'landing'
    WHEN 'completed' THEN 'completed'
    WHEN 'blocked' THEN 'blocked'
    ELSE 'released'
  END AS status
FROM beadswarm.beads
WHERE token > 0;

CREATE VIEW beadswarm.v_available_beads AS
SELECT id AS bead_id, title, priority, unblocks, stage, attempt, created_at
FROM beadswarm.beads
WHERE state = 'pending' AND ready AND (not_before IS NULL OR not_before <= beadswarm.clock())
ORDER BY begun_swarm IS NULL, last_agent IS NULL, rank, priority, unblocks DESC, created_at, id;

CREATE VIEW beadswarm.v_active_agents AS
SELECT agent.agent_id, agent.role, agent.status, bead.id AS bead_id, bead.title, bead.stage AS current_stage,
  run.started_at AS stage_started_at, bead.attempt AS implementation_attempt, bead.node, bead.heartbeat_at,
  bead.expires_at, agent.reason, agent.last_update
FROM beadswarm.agent_state agent
LEFT JOIN beadswarm.beads bead ON bead.state = 'held' AND bead.claimed_by = agent.agent_id
LEFT JOIN beadswarm.stage_history run ON run.bead_id = bead.id AND run.status = 'started'
WHERE agent.status <> 'idle'
ORDER BY agent.agent_id;

CREATE VIEW beadswarm.v_swarm_progress AS
SELECT swarm.id AS swarm, swarm.status,
  bead.completed, bead.landing, bead.held, bead.pending, bead.blocked,
  agent.working, agent.waiting, agent.errors, agent.idle, agent.total_agents
FROM beadswarm.swarms swarm,
  (SELECT count(*) FILTER (WHERE state = 'completed') AS completed,
    count(*) FILTER (WHERE state = 'landing') AS landing,
    count(*) FILTER (WHERE state = 'held') AS held,
    count(*) FILTER (WHERE state = 'pending') AS pending,
    count(*) FILTER (WHERE state = 'blocked') AS blocked
   FROM beadswarm.beads) bead,
  (SELECT count(*) FILTER (WHERE status = 'working') AS working,
    count(*) FILTER (WHERE status = 'waiting') AS waiting,
    count(*) FILTER (WHERE status = 'parked') AS errors,
    count(*) FILTER (WHERE status = 'idle') AS idle,
    count(*) AS total_agents
   FROM beadswarm.agent_state) agent
WHERE swarm.id = (SELECT max(id) FROM beadswarm.swarms);

-- The newest failure of each bead that somebody has still to answer.
CREATE VIEW beadswarm.v_feedback_required AS
SELECT DISTINCT ON (run.bead_id) run.bead_id, run.agent_id, run.stage, run.attempt_number, run.status, run.feedback,
  run.completed_at
FROM beadswarm.stage_history run JOIN beadswarm.beads bead ON bead.id = run.bead_id
WHERE run.status = 'failed' AND bead.state IN ('pending', 'held', 'blocked')
ORDER BY run.bead_id, run.id DESC;
