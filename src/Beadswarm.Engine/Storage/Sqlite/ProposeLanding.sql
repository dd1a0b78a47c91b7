UPDATE landing SET pull_number = $number, pull_url = $url, pull_branch = $branch, pull_head = $head,
  pull_waits = $waits, updated_at = $now
WHERE id = $landing AND state = 'queued'
