-- What was intended outside of the store and has not been settled; a settled effect is deleted, its number never reused.
CREATE TABLE effect (
  id          INTEGER PRIMARY KEY AUTOINCREMENT,
  kind        TEXT NOT NULL,
  subject     TEXT NOT NULL,
  bead        TEXT,
  agent       INTEGER,
  from_commit TEXT,
  to_commit   TEXT,
  at          INTEGER NOT NULL
);
