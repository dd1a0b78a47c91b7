-- The schemas that hold a store: by two tables that all versions have.
SELECT space.nspname::text
FROM pg_namespace space
JOIN pg_class migrations ON migrations.relnamespace = space.oid AND migrations.relname = 'migrations'
JOIN pg_class head ON head.relnamespace = space.oid AND head.relname = 'journal_head'
ORDER BY 1
