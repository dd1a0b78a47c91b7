-- Beads in the database of br, or of bd up to 0.50. Deleted ones are kept there as tombstones and may be gone from the file.
SELECT count(*) FROM issues WHERE status <> 'tombstone'
