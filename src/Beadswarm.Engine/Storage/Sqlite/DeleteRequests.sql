-- Whoever asks again does so soon.
DELETE FROM request WHERE at < $before
