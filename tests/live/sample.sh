#!/bin/bash
# Where no way of seeing mini-sockets works but sweeps: the same lives, as far as sweeps can know them.
. "$(dirname "$0")/live.sh.inc"
can_trace sample || exit 0

# sampled NAME ARGUMENT...: plays, traces by sweeps alone, judges; then once more from the recording.
sampled() {
	local name=$1 netns status
	shift
	new_netns netns || { fail "$name" "no network namespace"; return; }
	start_tracer "$WORK/out.json" -f json --timewait sample -w "$WORK/rec" --netns "$netns" || return
	play "$netns" "$WORK/truth" "$@" >"$WORK/traffic.log" 2>&1
	status=$?
	# What a sweep no longer meets the next one has to miss as well.
	sleep 1.1
	stop_tracer || fail "$name" "tcpdwell ended with $?: $(cat "$WORK/out.json.err")"
	case $status in
	0) ;;
	77) skip "$name" "some scenarios: $(tail -n 2 "$WORK/traffic.log" | tr '\n' ' ')" ;;
	*)
		fail "$name" "the traffic did not play: $(tail -n 2 "$WORK/traffic.log" | tr '\n' ' ')"
		return
		;;
	esac
	judge "$name" "$WORK/truth" "$WORK/out.json" -s
	"$TCPDWELL" -r "$WORK/rec" -f json >"$WORK/again.json" && cmp -s "$WORK/out.json" "$WORK/again.json" &&
		ok "$name" "the same from the recording" || fail "$name" "the recording tells another story"
}

sampled sample all
sampled sample-churn -n 97 churn

# A TIME-WAIT whose namespace goes: nobody can look there any more, so why it ended is not known.
new_netns gone || exit 1
# Ports of their own: the number of a namespace that went is soon that of a new one.
start_tracer "$WORK/gone.json" -f json --timewait sample --netns "$gone" -P 18000-18999 || exit 1
play "$gone" "$WORK/truth.gone" -p 18001 netns-gone || fail sample-gone "the traffic did not play"
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
