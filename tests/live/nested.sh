#!/bin/bash
# Transitions within transitions: with RPS the loopback device interrupts, as a network card does, so a segment may
# change a socket while our program tells of another on the same CPU. The kernel does not run a program inside itself;
# a second one is there for that. So all that happened must be told, but for what the host withholds.
. "$(dirname "$0")/live.sh.inc"
can_trace nested || exit 0

CHURN=30011
new_netns netns || exit 1
our_ports || { fail nested "no ports"; exit 1; }
rps=$(printf %x $(((1 << $(nproc)) - 1)))
ip netns exec "$netns" sh -c "echo $rps >/sys/class/net/lo/queues/rx-0/rps_cpus" || {
	skip nested "no RPS on this kernel"
	exit 0
}
start_tracer "$WORK/out.json" -f json -w "$WORK/rec" --netns "$netns" --buffer 64M || exit 1
start_witness nested events 98304 || exit 1
play "$netns" "$WORK/truth" -n $CHURN churn >/dev/null 2>&1 || fail nested "the churn did not play"
sleep 1.1
stop_witness nested || exit 1
stop_tracer || fail nested "tcpdwell ended with $?"

# No TIME-WAIT ends that soon, and where one begins is told by the move.
# shellcheck disable=SC2034 # weigh() reads it
MINIS=
balance nested "$WORK/rec"
[ "$WITHHELD" = 0 ] || note nested "$(withheld_on)"

# Ten moves a connection, and the two of the listener.
played=$((CHURN * 10 + 2))
[ "$MOVES" = $played ] && ok nested "the witness saw the $played moves that were played" ||
	fail nested "the witness saw $MOVES moves, $played were played"

# What people are told: all of it, or that some is missing.
told=$(jq -n '[inputs | select(.event == "transition") | select(.from != "TIME-WAIT")] | length' "$WORK/out.json")
missed=$(jq -n '[inputs | select(.event == "summary") | .lost_transition] | add' "$WORK/out.json")
if [ "$WITHHELD" = 0 ]; then
	[ "$told" = $played ] && [ "$missed" = 0 ] && ok nested "$told transitions told, under interrupts" ||
		fail nested "$told transitions told of $played, $missed told as lost, and nothing was withheld"
else
	[ "$told" -lt $played ] && [ "$missed" -gt 0 ] && ok nested "$told transitions told, and that some are missing ($missed noticed)" ||
		fail nested "$told transitions told of $played, $WITHHELD withheld, and $missed told as lost"
fi
