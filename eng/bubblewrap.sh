# Sourced by ./test: sees to it that bubblewrap is there, which the tests of the sandbox start.

# Installs it where this may be done, which is as root with Debian's packages. Otherwise says what to do: the tests that
# need it will fail, each with the same words.
need_bubblewrap() {
  command -v bwrap >/dev/null 2>&1 && return
  if [ "$(id -u)" -eq 0 ] && command -v apt-get >/dev/null 2>&1; then
    echo "bubblewrap: installing Debian's package bubblewrap"
    DEBIAN_FRONTEND=noninteractive
    export DEBIAN_FRONTEND
    { apt-get update && apt-get install -y --no-install-recommends bubblewrap; } >"$reports/bubblewrap.log" 2>&1
    command -v bwrap >/dev/null 2>&1 && return
    tail -n 5 "$reports/bubblewrap.log"
  fi
  echo 'bubblewrap: bwrap is not on PATH, so the tests of the sandbox will fail. Install it (Debian, as root: apt-get' \
    'install bubblewrap) and run ./test again.'
}
