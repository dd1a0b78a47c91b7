# Sourced by ./test: sees to it that GitHub's program gh is there, with which mode pull-request is tested.

# Installs it where this may be done, which is as root with Debian's packages. Otherwise says what to do: the tests that
# need it will fail, each with the same words.
need_gh() {
  command -v gh >/dev/null 2>&1 && return
  if [ "$(id -u)" -eq 0 ] && command -v apt-get >/dev/null 2>&1; then
    echo "gh: installing Debian's package gh"
    DEBIAN_FRONTEND=noninteractive
    export DEBIAN_FRONTEND
    { apt-get update && apt-get install -y --no-install-recommends gh; } >"$reports/gh.log" 2>&1
    command -v gh >/dev/null 2>&1 && return
    tail -n 5 "$reports/gh.log"
  fi
  echo 'gh: gh is not on PATH, so the tests of pull requests will fail. Install it (Debian, as root: apt-get' \
    'install gh) and run ./test again.'
}
