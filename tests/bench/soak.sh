#!/bin/bash
# soak.sh BUILD [MINUTES [RATE]] - churn for an hour, of which the tracers lose about 1 % of the records: their buffer is small,
# and they are stopped now and then. After the churn and one more census the model has what `ss` has, in every state, nothing
# is in doubt, memory is as at the start, and --strict says 3. A result line each, as the tests have.
export BUILD=$1
. "$(dirname "$0")/../lib.sh"
MINUTES=${2:-60} RATE=${3:-300}
[[ $MINUTES =~ ^[1-9][0-9]*$ ]] || { echo "error: '$MINUTES' is no number of minutes" >&2; exit 2; }

can_trace soak || exit 0
needs soak python3 curl jq ss || exit 0
new_netns netns || { fail soak "no network namespace"; exit 1; }

mkfifo "$WORK/stop"
ip netns exec "$netns" python3 "$TESTS/bench/soak.py" "$RATE" <"$WORK/stop" >"$WORK/churn" 2>"$WORK/churn.err" &
exec {stop}>"$WORK/stop"
on_exit "exec $stop>&-"
wait_for 20 grep -q ready "$WORK/churn" || { fail soak "no churn: $(tail -n 2 "$WORK/churn.err")"; exit 1; }
start_tracer "$WORK/hist.json" hist -s all -f json --strict --buffer 64k --netns "$netns" || exit 1
hist=$TRACER
start_tracer "$WORK/serve.out" serve 127.0.0.1:0 --buffer 64k --netns "$netns" || exit 1
serve=$TRACER
url=$(grep -oE 'http://[^ ]*/metrics' "$WORK/serve.out.err")

resident() { awk '/^VmRSS/ { print $2 }' "/proc/$1/status"; }

# Stopped for a moment every 10 s: what is more than the buffer holds meanwhile is lost.
held_up() {
	kill -STOP "$hist" "$serve"
	sleep 0.25
	kill -CONT "$hist" "$serve"
}

# By then as many TIME-WAITs run out as begin, and all tables have grown.
WARM=${WARM:-4}
for ((minute = 0; minute < MINUTES; minute++)); do
	for _ in 1 2 3 4 5 6; do
		sleep 9.7
		held_up
	done
	kill -0 "$hist" "$serve" 2>/dev/null || { fail soak "a tracer ended: $(cat "$WORK/hist.json.err" "$WORK/serve.out.err")"; exit 1; }
	echo "$minute $(resident "$hist") $(resident "$serve")" >>"$WORK/memory"
done
echo stop >&$stop
wait_for 150 grep -q stopped "$WORK/churn" || fail soak "the churn did not end: $(tail -n 2 "$WORK/churn.err")"
# FIN-WAIT-2 and TIME-WAIT run out, and a census follows, which is taken once a minute at the latest.
sleep 130

# state COUNT, by the kernel; and as the metrics have it.
ip netns exec "$netns" ss -Htan | awk -f "$TESTS/live/ss.awk" | awk '{ n[$1]++ } END { for (state in n) print state, n[state] }' | sort >"$WORK/kernel"
curl -s "$url" >"$WORK/metrics"
sed -n 's/^tcpdwell_connections{state="\([^"]*\)"} \([1-9][0-9]*\)$/\1 \2/p' "$WORK/metrics" | sort >"$WORK/served"
kill -TERM "$hist"
wait "$hist"
status=$?
jq -r 'select(.event == "histogram" and .still > 0) | "\(.state) \(.still)"' "$WORK/hist.json" | sort >"$WORK/told"

same() { # NAME FILE
	cmp -s "$WORK/kernel" "$2" && ok soak "$1: $(tr '\n' ' ' <"$2"), as ss has it" || fail soak "$1: $(tr '\n' ' ' <"$2"), ss has $(tr '\n' ' ' <"$WORK/kernel")"
}
same hist "$WORK/told"
same serve "$WORK/served"
doubt=$(jq -n '[inputs | select(.event == "histogram") | .still_in_doubt] | add // 0' "$WORK/hist.json")
[ "$doubt" = 0 ] && ok soak "nothing is in doubt" || fail soak "$doubt are in doubt"
[ $status = 3 ] && ok soak "--strict: exit status 3" || fail soak "--strict: exit status $status"
jq -r 'select(.event == "summary") | "\(.lost_transition + .lost_timewait) \(.transitions // 0)"' "$WORK/hist.json" | tail -1 >"$WORK/lost"
read -r lost all <"$WORK/lost"
[ "$lost" -gt 0 ] && ok soak "$(tail -1 "$WORK/churn" | cut -d ' ' -f 2) connections, $lost of $((lost + all)) records lost ($(awk "BEGIN { printf \"%.2f\", 100 * $lost / ($lost + $all) }") %)" ||
	fail soak "nothing was lost: $lost"
awk -v warm="$WARM" '
	$1 >= warm && $1 < warm + 3 { for (i = 2; i <= 3; i++) if ($i > first[i]) first[i] = $i }
	$1 >= warm + 3 { for (i = 2; i <= 3; i++) if ($i > most[i]) most[i] = $i }
	END {
		for (i = 2; i <= 3; i++) {
			bad = most[i] > 1.1 * first[i]
			printf "%s soak: memory of %s: %d kB at the start, %d kB at most\n", bad ? "FAIL" : "ok", i == 2 ? "hist" : "serve", first[i], most[i]
		}
	}' "$WORK/memory"
