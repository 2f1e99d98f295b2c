#!/bin/bash
# A move that no tracepoint tells (FIN-WAIT-2 to TIME-WAIT within one timer bucket) is told within a second: the
# arrival of its line is compared with the time that the line itself gives.
. "$(dirname "$0")/live.sh.inc"
can_trace silent || exit 0
again_if_withheld silent moves

new_netns netns || exit 1
mkfifo "$WORK/pipe"
# Each line behind the time at which it came, taken without a process of its own.
while read -r line; do
	echo "$EPOCHREALTIME $line"
done <"$WORK/pipe" >"$WORK/lines" &
reader=$!
rm -f "$WORK/ready"
"$TCPDWELL" -f json --netns "$netns" --ready-file "$WORK/ready" >"$WORK/pipe" &
TRACER=$!
on_exit "kill $TRACER 2>/dev/null"
wait_for 20 test -s "$WORK/ready"
for _ in 1 2 3; do
	play "$netns" "$WORK/truth" silent-move >/dev/null || fail silent "the traffic did not play"
	sleep 1.2
done
stop_tracer
wait "$reader"
# How long after the move its line came.
while read -r now line; do
	jq -r --argjson now "$now" 'select(.event == "transition" and .to == "TIME-WAIT") |
		(.time | (split(".")[0] + "Z" | fromdate) as $s | ($now - $s - ("0." + (split(".")[1] | rtrimstr("Z")) | tonumber)))' <<<"$line"
done <"$WORK/lines" >"$WORK/late"
worst=$(sort -n "$WORK/late" | tail -1)
[ "$(wc -l <"$WORK/late")" = 3 ] && awk -v w="$worst" 'BEGIN { exit !(w < 1.0) }' &&
	ok silent "3 silent moves, each told within a second: the last after $worst s" ||
	fail silent "$(wc -l <"$WORK/late") of 3 told, the last after ${worst:-?} s"
