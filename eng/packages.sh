# Sourced by ./test: sees to it that programs are there which the tests start and which Debian has.

# need_package NAME TEST PACKAGE MISSING: installs PACKAGE where TEST says that it is missing and this may be done, which
# is as root with Debian's packages. Otherwise says MISSING and what to do: the tests that need it will fail.
need_package() {
  "$2" && return
  if [ "$(id -u)" -eq 0 ] && command -v apt-get >/dev/null 2>&1; then
    echo "$1: installing Debian's package $3"
    DEBIAN_FRONTEND=noninteractive
    export DEBIAN_FRONTEND
    { apt-get update && apt-get install -y --no-install-recommends "$3"; } >"$reports/$1.log" 2>&1
    "$2" && return
    tail -n 5 "$reports/$1.log"
  fi
  echo "$1: $4 Install it (Debian, as root: apt-get install $3) and run ./test again."
}

have_postgres() {
  command -v pg_ctl >/dev/null 2>&1 && return
  for program in /usr/lib/postgresql/*/bin/pg_ctl; do
    [ -x "$program" ] && return
  done
  return 1
}

# The server of the machine itself is not wanted, only its programs are: the tests start a private server from them.
need_postgres() {
  need_package postgres have_postgres postgresql \
    'the server programs (initdb, pg_ctl) are neither on PATH nor in /usr/lib/postgresql, so the tests of the PostgreSQL store will fail.'
}

have_pgbouncer() { PATH="$PATH:/usr/sbin" command -v pgbouncer >/dev/null 2>&1; }

# The pooler that the PostgreSQL store is tested behind.
need_pgbouncer() {
  need_package pgbouncer have_pgbouncer pgbouncer \
    'pgbouncer is not on PATH or in /usr/sbin, so the test of the store behind a pooler will fail.'
}

have_bubblewrap() { command -v bwrap >/dev/null 2>&1; }

# The tests of the sandbox start it.
need_bubblewrap() {
  need_package bubblewrap have_bubblewrap bubblewrap \
    'bwrap is not on PATH, so the tests of the sandbox will fail.'
}

have_gh() { command -v gh >/dev/null 2>&1; }

# GitHub's program, with which mode pull-request is tested.
need_gh() {
  need_package gh have_gh gh 'gh is not on PATH, so the tests of pull requests will fail.'
}
