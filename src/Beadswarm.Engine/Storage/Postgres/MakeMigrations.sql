CREATE TABLE beadswarm.migrations (
  version integer PRIMARY KEY,
  at      timestamptz NOT NULL DEFAULT clock_timestamp()
)
