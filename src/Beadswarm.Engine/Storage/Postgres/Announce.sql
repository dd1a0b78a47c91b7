SELECT pg_notify(@channel, @writer)
