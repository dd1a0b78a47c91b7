# Sourced by ./beadswarm when the program is missing or older than its sources.
# Expects: root, home, program, stale(). Builds into a folder of its own and then moves the link `current` to it, so that a
# swarm that is running keeps the files it started with.

. "$root/eng/toolchain.sh"

# One build at a time; whoever waited finds it done.
build_once() {
  mkdir -p "$home" || return 11
  if command -v flock >/dev/null 2>&1; then
    exec 9>"$home/lock"
    if ! flock -n 9; then
      echo 'beadswarm: another build is under way, waiting for it' >&2
      flock 9
    fi
    build_if_stale
    built=$?
    exec 9>&-
    return $built
  fi

  waited=
  until mkdir "$home/lock.d" 2>/dev/null; do
    holder=$(cat "$home/lock.d/pid" 2>/dev/null)
    if [ -n "$holder" ] && ! kill -0 "$holder" 2>/dev/null; then
      rm -rf "$home/lock.d"
      continue
    fi
    [ -n "$waited" ] || echo "beadswarm: another build is under way, waiting for it ($home/lock.d)" >&2
    waited=yes
    sleep 1
  done
  echo $$ >"$home/lock.d/pid"
  trap 'rm -rf "$home/lock.d"' EXIT
  build_if_stale
  built=$?
  rm -rf "$home/lock.d"
  trap - EXIT
  return $built
}

build_if_stale() {
  if stale; then
    (build)
  fi
}

# Runs in a subshell: what it exports stays here.
build() {
  find_dotnet || exit
  started=$(date +%s)
  if [ -x "$program" ]; then
    printf 'beadswarm: sources have changed, building … ' >&2
  else
    printf 'beadswarm: building, once (about a minute) … ' >&2
  fi

  log=$home/build.log
  : >"$home/stamp.next"
  generation=$home/$started-$$
  publish true >"$log" 2>&1
  status=$?
  if [ $status -ne 0 ] && grep -qi crossgen "$log"; then
    # The ahead-of-time compiler is a package of its own. Without it the program is the same and starts slower.
    printf '(no ahead-of-time compiler to be had, the program will start slower) … ' >&2
    publish false >"$log" 2>&1
    status=$?
  fi

  if [ $status -ne 0 ]; then
    printf 'failed\n\n' >&2
    cat "$log" >&2
    printf '\nbeadswarm: the build failed with exit code %s; the log is %s\n' "$status" "$log" >&2
    rm -rf "$generation" "$home/stamp.next"
    exit "$status"
  fi

  remember_runtime
  previous=$(readlink "$home/current" 2>/dev/null)
  rm -f "$home/current"
  ln -s "${generation##*/}" "$home/current"
  mv "$home/stamp.next" "$home/stamp"
  # The one before stays for swarms that still run it.
  for old in "$home"/*-*/; do
    old=${old%/}
    case ${old##*/} in
      "${generation##*/}" | "${previous:-none}" | 'dotnet-root') ;;
      *) rm -rf "$old" ;;
    esac
  done
  printf 'done in %s s\n' $(($(date +%s) - started)) >&2
}

# Objects of its own (artifacts/launcher), so that a build by an editor or by ./test never meets this one.
# Warnings are for developers: ./test makes them errors, a newer SDK on a user's machine must not.
publish() {
  cd "$root" && "$dotnet" publish src/Beadswarm.Cli/Beadswarm.Cli.csproj -c Release --use-current-runtime \
    --no-self-contained -o "$generation" -v quiet -nodeReuse:false -p:PublishReadyToRun="$1" \
    -p:ArtifactsPath="$root/artifacts/launcher" -p:UseSharedCompilation=false -p:TreatWarningsAsErrors=false \
    -p:EnforceCodeStyleInBuild=false -p:AnalysisMode=None -p:GenerateDocumentationFile=false 9>&- </dev/null
}

# A program finds the runtime in the machine's usual places by itself; anywhere else it must be told.
remember_runtime() {
  location=$(dirname "$(readlink -f "$dotnet")")
  if [ -n "${DOTNET_ROOT-}" ] || [ "$location" = /usr/share/dotnet ] || [ "$location" = /usr/lib/dotnet ] \
    || [ "$location" = /usr/local/share/dotnet ] || grep -qsxF "$location" /etc/dotnet/install_location; then
    rm -f "$home/dotnet-root"
  else
    printf '%s\n' "$location" >"$home/dotnet-root"
  fi
}
