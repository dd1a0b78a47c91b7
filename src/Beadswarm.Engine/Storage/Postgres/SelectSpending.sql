-- What a node that is not heard of uses, nobody knows any more.
SELECT coalesce(sum(used_nanos), 0)::bigint, coalesce(sum(used_tokens), 0)::bigint,
  coalesce(sum(aside_nanos), 0)::bigint, coalesce(sum(aside_tokens), 0)::bigint
FROM beadswarm.nodes
WHERE name <> @name AND ended IS NULL AND expires_at > @now
