INSERT INTO beadswarm.baselines (gate, count, at) VALUES (@gate, @count, @now)
ON CONFLICT (gate) DO UPDATE SET count = excluded.count, at = excluded.at
WHERE excluded.count < baselines.count
