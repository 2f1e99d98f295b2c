#!/bin/bash
# Narrowing: `hist` has the kernel tell only what its states need. What it says must be what it says of everything:
# beside it runs one that is not narrowed, because it asks for owners too.
. "$(dirname "$0")/live.sh.inc"
can_trace narrow || exit 0
again_if_withheld narrow moves

new_netns netns || exit 1
PIDS=()
NAMES=(default close-wait syn all)
STATES=("fin-wait-2,time-wait,close-wait" "close-wait" "syn-sent,syn-received,last-ack"
	"fin-wait-1,fin-wait-2,closing,time-wait,close-wait,last-ack,syn-sent")

for i in "${!NAMES[@]}"; do
	for keys in uid uid,pid; do
		start_tracer "$WORK/${NAMES[i]}.$keys" hist -f json --netns "$netns" -s "${STATES[i]}" -b "$keys" || exit 1
		PIDS+=("$TRACER")
	done
done
play "$netns" "$WORK/t1" -n 3 active-close simultaneous-close half-close >"$WORK/log" 2>&1 ||
	play "$netns" "$WORK/t1" -n 3 active-close half-close >"$WORK/log" 2>&1 || fail narrow "the traffic did not play"
play "$netns" "$WORK/t2" -n 2003 churn >"$WORK/log" 2>&1 || fail narrow "the churn did not play"
sleep 1.1
for pid in "${PIDS[@]}"; do
	kill -TERM "$pid"
	wait "$pid" || fail narrow "a tracer ended with $?"
done

# How many ended in each state, and how many are there still. Not how long: each has a clock reading of its own.
counts() {
	jq -cn '[inputs | select(.event == "histogram" and .whole_run)] | group_by(.state)[]
		| [.[0].state, (map(.count) | add), (map(.partial) | add), (map(.still) | add)]' "$1"
}
# What the kernel skipped a program for is told, and may be missing in one of them alone: another play.
skipped=$(cat "$WORK"/*.uid "$WORK"/*.uid,pid | jq -n '[inputs | select(.event == "summary") | .lost_skipped] | add')
[ "$skipped" = 0 ] || echo "$skipped events that a program was skipped for" >"${WITHHELD_TO-/dev/null}"
lost() { jq -n '[inputs | select(.event == "summary") | .lost_transition + .evicted] | add' "$1"; }

for name in "${NAMES[@]}"; do
	counts "$WORK/$name.uid,pid" >"$WORK/expected"
	counts "$WORK/$name.uid" >"$WORK/seen"
	if [ -s "$WORK/expected" ] && cmp -s "$WORK/expected" "$WORK/seen" && [ "$(lost "$WORK/$name.uid")" = 0 ]; then
		ok narrow "$name: $(tr '\n' ' ' <"$WORK/seen")"
	else
		fail narrow "$name: $(diff "$WORK/expected" "$WORK/seen" | tr '\n' ' ') lost $(lost "$WORK/$name.uid"): $(jq -c 'select(.event == "lost")' "$WORK/$name.uid" | head -3 | tr '\n' ' ')"
	fi
done
told() { jq -n '[inputs | select(.event == "summary") | .transitions] | add' "$1"; }
few=$(told "$WORK/close-wait.uid")
many=$(told "$WORK/close-wait.uid,pid")
[ "$few" -lt $((many / 2)) ] && ok narrow "$few transitions told for CLOSE-WAIT, $many for owners too" ||
	fail narrow "$few transitions told for CLOSE-WAIT, of $many"
