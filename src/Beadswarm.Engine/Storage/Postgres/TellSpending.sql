-- Not journalled: what is used is, when it is recorded.
UPDATE beadswarm.nodes SET used_nanos = @used_nanos, used_tokens = @used_tokens, aside_nanos = @aside_nanos,
  aside_tokens = @aside_tokens
WHERE name = @name
