#!/bin/bash
# days.sh BUILD [CONNECTIONS] - ten days in about a minute: a synthetic recording with CONNECTIONS a minute (default 1000), read
# as it is made. Right to the end percentiles are those that were made, the buckets of each day hold all that ended on it, as
# many each day, and memory is as at the start. A result line each, as the tests have.
export BUILD=$1
. "$(dirname "$0")/../lib.sh"
N=${2:-1000}
needs days jq || exit 0

mkfifo "$WORK/rec"
"$BUILD/bench/synthetic" days "$N" "$WORK/rec" &
"$TCPDWELL" hist -r "$WORK/rec" -s close-wait,time-wait -i 1d -f json >"$WORK/out" 2>"$WORK/err" &
tracer=$!
# "DAYS KB" as it goes.
while kill -0 $tracer 2>/dev/null; do
	echo "$(grep -c '"state":"CLOSE-WAIT"' "$WORK/out") $(awk '/^VmRSS/ { print $2 }' /proc/$tracer/status)"
	sleep 0.5
done >"$WORK/memory" 2>/dev/null
wait $tracer || fail days "hist ended with $?: $(head -c 300 "$WORK/err")"

# day NUMBER: "state count p50 p99 max sum-of-buckets" of both states.
awk -v n="$N" 'BEGIN { printf "%d %d\n", 0.5e9 + n * 2e3, 0.99e9 + n * 4e3 }' >"$WORK/made"
jq -r 'select(.event == "histogram" and (.whole_run | not))
	| [.state, .count, .p50_ns, .p99_ns, .max_ns, ([.buckets[][1]] | add)] | @tsv' "$WORK/out" >"$WORK/days"
awk -v n="$N" '
	function is_near(told, made) { return told >= made * 0.99 && told <= made * 1.06 }
	NR == FNR { p50 = $1; p99 = $2; next }
	{ days[$1]++; count[$1] += $2; wrong = "" }
	# The last day ends before its time: ten days of minutes that last a second or two more.
	$2 != $6 { wrong = "the buckets hold " $6 " of " $2 }
	$1 == "CLOSE-WAIT" && !(is_near($3, p50) && is_near($4, p99)) { wrong = "p50 " $3 ", made " p50 "; p99 " $4 ", made " p99 }
	$1 == "TIME-WAIT" && !(is_near($3, 60e9) && is_near($5, 60e9)) { wrong = "p50 " $3 ", max " $5 }
	first[$1] && days[$1] <= 10 && ($2 < 0.99 * first[$1] || $2 > 1.01 * first[$1]) { wrong = $2 " ended, " first[$1] " on the first day" }
	!first[$1] { first[$1] = $2 }
	wrong { print "FAIL days: day " days[$1] ", " $1 ": " wrong; next }
	days[$1] <= 10 { print "ok days: day " days[$1] ", " $1 ": " $2 " ended, p50 " $3 / 1e6 " ms, p99 " $4 / 1e6 " ms" }
	END {
		for (state in count)
			print (count[state] == n * 14400 ? "ok" : "FAIL") " days: " count[state] " of " n * 14400 " ended in " state
	}' "$WORK/made" "$WORK/days"
awk '$1 >= 1 && !first { first = $2 } $1 >= 1 && $2 > most { most = $2 }
	END { print (first && most <= 1.1 * first ? "ok" : "FAIL") " days: " first " kB after a day, " most " kB at most" }' "$WORK/memory"
