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

sampled sample all
sampled sample-churn churn -n 97

# A TIME-WAIT whose namespace goes: nobody can look there any more, so why it ended is not known.
new_netns gone || exit 1
# The number of a namespace that went is soon that of a new one: hence the filter of ports, which are nobody else's.
start_tracer "$WORK/gone.json" -f json --timewait sample --netns "$gone" -P "$OUR_PORT-$((OUR_PORT + OUR_PORTS - 1))" || exit 1
play "$gone" "$WORK/truth.gone" netns-gone || fail sample-gone "the traffic did not play"
sleep 1.1
ip netns del "$gone"
sleep 2.2
stop_tracer || fail sample-gone "tcpdwell ended with $?"
judge sample-gone "$WORK/truth.gone" "$WORK/gone.json" -s
jq 'select(.event == "transition" and .from == "TIME-WAIT" and .to == "CLOSED" and .cause == "unknown" and .dwell_known == "at-least")' \
	"$WORK/gone.json" | grep -q . && ok sample-gone "it is told as ended, cause unknown" ||
	fail sample-gone "it is not told: $(tail -n 3 "$WORK/gone.json" | head -c 300)"

# The way and its resolution stand at the head.
"$TCPDWELL" --timewait sample -d 0.1 >"$WORK/head"
grep -q '^# time-wait: iter/tcp twice a second: shorter lives are missed' "$WORK/head" && ok sample "$(sed -n 2p "$WORK/head")" ||
	fail sample "the head does not say it: $(sed -n 2p "$WORK/head")"
