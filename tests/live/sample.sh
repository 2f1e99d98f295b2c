#!/bin/bash
# Where no way of seeing mini-sockets works but sweeps: the same lives, as far as sweeps can know them.
. "$(dirname "$0")/live.sh.inc"
can_trace sample || exit 0

# No timer is looked at, so none has to be told.
# shellcheck disable=SC2034
TRACER_OPTIONS=(--timewait sample) JUDGE_OPTIONS=(-s "${QUIET[@]}") MINIS=

# sampled NAME SCENARIO [TRAFFIC OPTION...]: plays, traces by sweeps alone, judges; then once more from the recording.
sampled() {
	truth_test "$@"
	"$TCPDWELL" -r "$WORK/rec" -f json >"$WORK/again.json" && cmp -s "$WORK/out.json" "$WORK/again.json" &&
		ok "$1" "the same from the recording" || fail "$1" "the recording tells another story"
}

# sweeps_come NAME: twice a second, or as much less often as a twentieth of the time for all of them takes, and as others
# kept it from running. The judge asks what such sweeps could know, so they may not come as they like.
sweeps_come() {
	local cpu waited
	read -r cpu waited _ <"$WORK/spent" || { skip "$1" "this kernel does not tell who waits for a CPU"; return; }
	awk -v cpu="$cpu" -v waited="$waited" '
		{ last = $1; first = first ? first : $1; n++ }
		END {
			seconds = (last - first) / 1e9
			held = (21 * cpu + waited) / 1e9
			printf "%d sweeps in %.1f s, of which it may have been held up for %.1f s\n", n, seconds, held
			exit !(n > 2 && seconds < 0.7 * n + held)
		}' "$WORK/sweeps" >"$WORK/come" && ok "$1" "$(cat "$WORK/come")" || fail "$1" "$(cat "$WORK/come")"
}

sampled sample all
sweeps_come sample
sampled sample-churn churn -n 97

# A TIME-WAIT whose namespace goes: nobody can look there any more, so why it ended is not known.
new_netns gone || exit 1
# The number of a namespace that went is soon that of a new one: hence the filter of ports, which are nobody else's.
start_tracer "$WORK/gone.json" -f json -w "$WORK/gone.rec" --timewait sample --netns "$gone" -P "$OUR_PORT-$((OUR_PORT + OUR_PORTS - 1))" || exit 1
play "$gone" "$WORK/truth.gone" netns-gone || fail sample-gone "the traffic did not play"
gone_told() { jq -e "select(.event == \"transition\" and .$1 == \"TIME-WAIT\")" "$WORK/gone.json"; }
wait_for 20 gone_told to || fail sample-gone "no sweep meets it"
ip netns del "$gone"
wait_for 20 gone_told from
stop_tracer || fail sample-gone "tcpdwell ended with $?"
"$BUILD/sweeps" "$WORK/gone.rec" >"$WORK/gone.sweeps" || fail sample-gone "nobody knows when it swept"
judge sample-gone "$WORK/truth.gone" "$WORK/gone.json" -s -S "$WORK/gone.sweeps"
jq 'select(.event == "transition" and .from == "TIME-WAIT" and .to == "CLOSED" and .cause == "unknown" and .dwell_known == "at-least")' \
	"$WORK/gone.json" | grep -q . && ok sample-gone "it is told as ended, cause unknown" ||
	fail sample-gone "it is not told: $(tail -n 3 "$WORK/gone.json" | head -c 300)"

# The way and its resolution stand at the head.
"$TCPDWELL" --timewait sample -d 0.1 >"$WORK/head"
grep -q '^# time-wait: iter/tcp twice a second: shorter lives are missed' "$WORK/head" && ok sample "$(sed -n 2p "$WORK/head")" ||
	fail sample "the head does not say it: $(sed -n 2p "$WORK/head")"
