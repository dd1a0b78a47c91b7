-- What a person asks of the merge queue: of one landing, and of all of it.
CREATE TABLE beadswarm.wishes (
  landing bigint PRIMARY KEY REFERENCES beadswarm.landings (id),
  wish    text NOT NULL CHECK (wish IN ('first', 'eject')),
  reason  text,
  at      timestamptz NOT NULL
);

CREATE TABLE beadswarm.pause (
  id     integer PRIMARY KEY CHECK (id = 1),
  reason text,
  since  timestamptz NOT NULL
);
