INSERT INTO beadswarm.nodes (name, clone, host, pid, boot_id, generation, remote, target, first_agent, agents,
  joined_at, heartbeat_at, expires_at)
VALUES (@name, @clone, @host, @pid, @boot_id, 1, @remote, @target, @first, @agents, @now, @now, @now + @lease)
ON CONFLICT (name) DO UPDATE SET host = excluded.host, pid = excluded.pid, boot_id = excluded.boot_id,
  generation = nodes.generation + 1, remote = excluded.remote, target = excluded.target,
  first_agent = excluded.first_agent, agents = excluded.agents, joined_at = @now, heartbeat_at = @now,
  expires_at = excluded.expires_at, ended = NULL, ended_at = NULL, used_nanos = 0, used_tokens = 0, aside_nanos = 0,
  aside_tokens = 0
RETURNING generation
