# Sourced by ./test: sees to it that PostgreSQL's server programs are there. The tests start a private server from them.

have_postgres() {
  command -v pg_ctl >/dev/null 2>&1 && return
  for program in /usr/lib/postgresql/*/bin/pg_ctl; do
    [ -x "$program" ] && return
  done
  return 1
}

# Installs the server where this may be done, which is as root with Debian's packages. Otherwise says what to do: the
# tests that need it will fail, each with the same words.
need_postgres() {
  have_postgres && return
  if [ "$(id -u)" -eq 0 ] && command -v apt-get >/dev/null 2>&1; then
    echo "postgres: installing Debian's package postgresql"
    # The server of the machine itself is not wanted: only its programs are.
    DEBIAN_FRONTEND=noninteractive
    export DEBIAN_FRONTEND
    { apt-get update && apt-get install -y --no-install-recommends postgresql; } >"$reports/postgres.log" 2>&1
    have_postgres && return
    tail -n 5 "$reports/postgres.log"
  fi
  echo 'postgres: the server programs (initdb, pg_ctl) are neither on PATH nor in /usr/lib/postgresql, so the tests of' \
    'the PostgreSQL store will fail. Install them (Debian, as root: apt-get install postgresql) and run ./test again.'
}
