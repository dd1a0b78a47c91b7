-- Whoever asks again does so soon.
DELETE FROM beadswarm.requests WHERE at < @before
