UPDATE bead SET state = $state, detail = $detail, ended_at = $now, agent = NULL, expires_at = NULL, not_before = NULL,
  updated_at = $now
WHERE id = $bead
