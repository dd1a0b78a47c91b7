# Sourced by ./test: sees to it that the agent CLIs are there that the end to end tests run, as eng/agents pins them.

# Outside of the repository, and once for each state of the lock file, so that no build cleans it and no old one is used.
# RealAgents of the end to end tests says the same.
agents_folder() {
  sum=$(sha256sum "$root/eng/agents/package-lock.json" | cut -c 1-12)
  echo "${XDG_CACHE_HOME:-${HOME:-/root}/.cache}/beadswarm/agents-$sum"
}

# Installs them where they are missing. Where that fails, says so and what to do: the tests that need them fail with the
# same words.
need_agents() {
  agents=$(agents_folder)
  [ ! -e "$agents/complete" ] || return 0
  if ! command -v npm >/dev/null 2>&1; then
    echo 'agents: npm is not on PATH, so the tests with real agent CLIs will fail. Install it (Debian, as root: apt-get' \
      'install npm) and run ./test again.'
    return 0
  fi
  echo 'agents: installing what eng/agents/package-lock.json pins'
  if install_agents >"$reports/agents.log" 2>&1; then
    return 0
  fi
  tail -n 5 "$reports/agents.log"
  echo "agents: npm ci failed, so the tests with real agent CLIs will fail. See that the registry of npm's configuration" \
    "can be reached ('npm ping'), and run ./test again; all that it said is in $reports/agents.log"
}

# Beside its place and then moved there whole: neither a second ./test nor one that is interrupted sees a half of it.
install_agents() {
  # An empty HOME is none: npm then asks the system where its configuration is.
  [ -n "${HOME:-}" ] || unset HOME
  mkdir -p "${agents%/*}" || return
  next=$(mktemp -d "$agents.XXXXXX") || return
  cp "$root/eng/agents/package.json" "$root/eng/agents/package-lock.json" "$root/eng/agents/.npmrc" "$next/" \
    && (cd "$next" && npm ci) && : >"$next/complete" && rm -rf "$agents" && mv -T "$next" "$agents"
  installed=$?
  rm -rf "$next"
  return $installed
}
