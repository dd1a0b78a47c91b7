SELECT agent, token, stage, attempt, infrastructure_failures FROM bead WHERE id = $bead AND state = 'held'
