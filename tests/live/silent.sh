#!/bin/bash
# A move that no tracepoint tells (FIN-WAIT-2 to TIME-WAIT within one timer bucket) is told within a second: the
# arrival of its line is compared with the time that the line itself gives. For as long as others kept the tracer, or who
# reads its lines, from running, as the scheduler tells, it may be later.
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
# held: how long both have waited for a CPU, in seconds.
held() { cat "/proc/$TRACER/schedstat" "/proc/$reader/schedstat" 2>/dev/null | awk '{ ns += $2 } END { printf "%.3f\n", ns / 1e9 }'; }
lines_told() { [ "$(grep -c '"to":"TIME-WAIT"' "$WORK/lines")" -ge "$1" ]; }
for n in 1 2 3; do
	before=$(held)
	play "$netns" "$WORK/truth" silent-move >/dev/null || fail silent "the traffic did not play"
	wait_for 10 lines_told $n
	echo "$before $(held)"
done >"$WORK/held"
stop_tracer
wait "$reader"
# How long after the move its line came.
while read -r now line; do
	jq -r --argjson now "$now" 'select(.event == "transition" and .to == "TIME-WAIT") |
		(.time | (split(".")[0] + "Z" | fromdate) as $s | ($now - $s - ("0." + (split(".")[1] | rtrimstr("Z")) | tonumber)))' <<<"$line"
done <"$WORK/lines" >"$WORK/late"
paste "$WORK/late" "$WORK/held" | awk '{ printf "%s%.3f s (others ran for %.3f s)", sep, $1, $3 - $2; sep = ", "; late += $1 >= 1.0 + $3 - $2 } END { exit late > 0 }' >"$WORK/told" &&
	[ "$(wc -l <"$WORK/late")" = 3 ] && ok silent "3 silent moves, each told within a second: after $(cat "$WORK/told")" ||
	fail silent "$(wc -l <"$WORK/late") of 3 told, after $(cat "$WORK/told")"
