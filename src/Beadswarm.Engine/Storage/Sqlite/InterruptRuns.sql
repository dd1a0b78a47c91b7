UPDATE stage_run SET status = 'interrupted', summary = $summary, completed_at = $now
WHERE bead = $bead AND status = 'started'
