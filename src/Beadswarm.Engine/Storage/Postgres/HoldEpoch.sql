-- The fence of every write of the orchestrator. No row: a newer one has begun. None can begin before this transaction
-- ends: beginning waits until it is alone.
SELECT id, status, order_kind, first_stage, retry_stage, actor
FROM beadswarm.swarms
WHERE id = (SELECT max(id) FROM beadswarm.swarms) AND epoch = @epoch
