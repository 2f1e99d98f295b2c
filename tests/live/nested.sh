#!/bin/bash
# Transitions within transitions: with RPS the loopback device interrupts, as a network card does, so a segment may
# change a socket while our program tells of another on the same CPU. The kernel does not run a program inside
# itself, and tells nobody. What the second program does not catch must be told as lost.
. "$(dirname "$0")/live.sh.inc"
can_trace nested || exit 0

CHURN=30011
new_netns netns || exit 1
rps=$(printf %x $(((1 << $(nproc)) - 1)))
ip netns exec "$netns" sh -c "echo $rps >/sys/class/net/lo/queues/rx-0/rps_cpus" || {
	skip nested "no RPS on this kernel"
	exit 0
}
start_tracer "$WORK/out.json" -f json --netns "$netns" --buffer 64M || exit 1
play "$netns" "$WORK/truth" -n $CHURN churn >/dev/null || fail nested "the churn did not play"
sleep 1.1
stop_tracer || fail nested "tcpdwell ended with $?"

# Ten moves a connection, but for the end of its TIME-WAIT, and the two of the listener.
told=$(jq -n '[inputs | select(.event == "transition") | select(.from != "TIME-WAIT")] | length' "$WORK/out.json")
played=$((CHURN * 10 + 2))
missed=$(jq -n '[inputs | select(.event == "summary") | .lost_transition] | add' "$WORK/out.json")
if [ "$told" = "$played" ]; then
	ok nested "$told transitions told of $played played, under interrupts"
elif [ "$told" -lt "$played" ] && [ "$missed" -gt 0 ]; then
	ok nested "$told transitions told of $played played; that some are missing is told ($missed noticed)"
else
	fail nested "$told transitions told of $played played, and $missed told as lost"
fi
