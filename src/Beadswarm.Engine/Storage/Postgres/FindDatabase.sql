SELECT EXISTS (SELECT FROM pg_roles WHERE rolname = @role) AS role,
  EXISTS (SELECT FROM pg_database WHERE datname = @database) AS database
