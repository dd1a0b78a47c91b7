-- What there is of ours, and of others, in the schema.
SELECT to_regclass('beadswarm.migrations') IS NOT NULL AS ours,
  EXISTS (SELECT FROM pg_class WHERE relnamespace = to_regnamespace(@schema)) AS taken
