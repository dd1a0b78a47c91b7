INSERT INTO artifact (bead, run, landing, kind, name, sha256, created_at)
VALUES ($bead, $run, $landing, $kind, $name, $sha256, $now)
