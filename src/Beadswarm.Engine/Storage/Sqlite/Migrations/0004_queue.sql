-- What a person asks of the merge queue: of one landing, and of all of it.
CREATE TABLE wish (
  landing INTEGER PRIMARY KEY REFERENCES landing (id),
  wish    TEXT NOT NULL CHECK (wish IN ('first', 'eject')),
  reason  TEXT,
  at      INTEGER NOT NULL
);

CREATE TABLE pause (
  id     INTEGER PRIMARY KEY CHECK (id = 1),
  reason TEXT,
  since  INTEGER NOT NULL
);
