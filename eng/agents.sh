# Sourced by ./test: sees to it that the agent CLIs are there that the end to end tests run, as eng/agents pins them.

# Outside of the repository, and once for each state of the lock file, so that no build cleans it and no old one is used.
agents_folder() {
  sum=$(sha256sum "$root/eng/agents/package-lock.json" | cut -c 1-12)
  echo "${XDG_CACHE_HOME:-${HOME:-/root}/.cache}/beadswarm/agents-$sum"
}

# Installs them where they are missing. Where that fails, says so: the tests that need them fail with the same words.
need_agents() {
  agents=$(agents_folder)
  [ ! -e "$agents/complete" ] || return 0
  if ! command -v npm >/dev/null 2>&1; then
    echo 'agents: npm is not on PATH, so the tests with real agent CLIs will fail. Install it (Debian, as root: apt-get' \
      'install npm) and run ./test again.'
    return
  fi
  echo "agents: installing what eng/agents/package-lock.json pins"
  mkdir -p "$agents"
  cp "$root/eng/agents/package.json" "$root/eng/agents/package-lock.json" "$root/eng/agents/.npmrc" "$agents/"
  if (cd "$agents" && npm ci) >"$reports/agents.log" 2>&1; then
    : >"$agents/complete"
  else
    tail -n 5 "$reports/agents.log"
    echo "agents: npm ci failed, so the tests with real agent CLIs will fail; see $reports/agents.log"
  fi
}
