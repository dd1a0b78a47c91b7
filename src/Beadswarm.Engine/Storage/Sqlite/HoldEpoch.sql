-- The fence of every write of the orchestrator. No row: a newer one has begun.
SELECT id, status, order_kind, first_stage, retry_stage, actor
FROM swarm
WHERE id = (SELECT max(id) FROM swarm) AND epoch = $epoch
