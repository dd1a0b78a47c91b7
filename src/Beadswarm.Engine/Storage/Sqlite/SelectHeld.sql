SELECT agent, token, stage, attempt, infrastructure_failures, NULL FROM bead WHERE id = $bead AND state = 'held'
