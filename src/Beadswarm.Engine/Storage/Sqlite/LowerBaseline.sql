INSERT INTO baseline (gate, count, at) VALUES ($gate, $count, $now)
ON CONFLICT (gate) DO UPDATE SET count = excluded.count, at = excluded.at WHERE excluded.count < baseline.count
