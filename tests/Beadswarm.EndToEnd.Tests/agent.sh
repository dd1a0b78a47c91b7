# An agent that no swarm has started: takes part by the verbs alone, until the swarm is over.
#
#   sh agent.sh BEADSWARM REPOSITORY NUMBER MODE NOTES
#
# MODE  plain   works
#       dies    at its first bead, in the middle of its work, by kill -9
#       stale   gives its first bead back, and then goes on as if it still had it
#       twice   asks for everything twice, under the same id
# NOTES is a folder for what the test looks at afterwards.
set -u
beadswarm=$1
repository=$2
number=$3
mode=$4
notes=$5
cd "$repository" || exit 1

# A field of the answer. The prompt is its last field, and says all sorts of things.
field() {
  printf '%s' "${answer%%,\"prompt\":*}" | sed -n "s/.*\"$1\":\"\{0,1\}\([^\",}]*\).*/\1/p"
}

asked=0
ask() {
  asked=$((asked + 1))
  id="agent-$number-$asked"
  while :; do
    answer=$("$beadswarm" "$@" --request-id "$id" 2>"$notes/$number.error")
    code=$?
    if [ "$code" -ne 11 ]; then break; fi
  done
  if [ "$mode" = twice ] && [ "$code" -ne 17 ] && [ "$code" -ne 12 ]; then
    again=$("$beadswarm" "$@" --request-id "$id" 2>>"$notes/$number.error")
    came=$?
    if [ "$came" -eq 12 ] || [ "$came" -eq 18 ]; then
      : # the swarm, or on a busy machine the lease, has ended between the two
    elif [ "$again|$came" = "$answer|$code" ]; then
      echo "$1 same" >>"$notes/$number.twice"
    else
      printf '%s differs\n%s\n%s\n' "$*" "$answer" "$again" >>"$notes/$number.twice"
    fi
  fi
}

work() {
  file=$workspace/src/$bead.txt
  case $stage in
    implement)
      status=done
      # The first attempt at some beads leaves what the gate refuses.
      case $bead-$attempt in a-2-1 | a-5-1) status=open ;; esac
      printf 'status: %s\nattempt: %s\n' "$status" "$attempt" >"$file"
      if [ "$mode" = dies ]; then
        echo "$bead" >"$notes/$number.died"
        kill -9 $$
      fi
      ask stage pass --summary "wrote $bead"
      ;;
    *)
      case $bead-$attempt in
        a-3-1 | a-7-1 | a-8-1 | a-8-2)
          echo '{"verdict":"fail","findings":[{"severity":"major","title":"not good enough"}]}' >"$result"
          ask stage fail --summary "attempt $attempt is not good enough"
          ;;
        *) ask stage pass --summary "looked at $bead" ;;
      esac
      ;;
  esac
}

while :; do
  unset BEADSWARM_TOKEN BEADSWARM_BEAD
  ask claim --agent "$number" --wait 0.2
  case $code in
    0) ;;
    12) exit 0 ;;
    *) continue ;;
  esac
  bead=$(field bead)
  export BEADSWARM_AGENT="$number" BEADSWARM_BEAD="$bead" BEADSWARM_TOKEN="$(field token)"
  if [ "$mode" = stale ] && [ ! -e "$notes/$number.stale" ]; then
    ask release --reason "tries what comes of it"
    for late in heartbeat 'stage start' 'stage pass' 'stage fail' release; do
      ask $late
      echo "$late $code $(cat "$notes/$number.error")" >>"$notes/$number.stale"
    done
    continue
  fi
  next=stage
  while [ "$next" = stage ]; do
    workspace=$(field workspace)
    stage=$(field stage)
    attempt=$(field attempt)
    result=$(field resultFile)
    work
    next=$(field next)
    if [ "$next" = stage ]; then
      ask stage start
      if [ "$code" -ne 0 ]; then next=gone; fi
    fi
  done
done
