#!/bin/bash
# How long connections wait for accept() and how many, against a server that looks at the clock itself, and against ss: accepted
# at once and late, closed or reset by their peers meanwhile, left behind by their listener. Where nothing tells of accept(), a
# warning and no number.
. "$(dirname "$0")/live.sh.inc"
needs accept-wait python3 jq ss curl || exit 0
can_trace accept-wait || exit 0
again_if_withheld accept-wait moves

find_accept_way
new_netns netns || exit 1
mkfifo "$WORK/go"
ip netns exec "$netns" python3 "$TESTS/live/accept_wait.py" serve "$WORK/truth" <"$WORK/go" >"$WORK/server" 2>"$WORK/server.err" &
on_exit "kill $! 2>/dev/null"
exec {GO}>"$WORK/go"
# until WORD: the server has come that far; it goes on with the next line.
until_it_says() {
	wait_for 60 grep -q "^$1" "$WORK/server" || { fail accept-wait "no '$1': $(tail -3 "$WORK/server.err")"; exit 1; }
}
go_on() { echo >&"$GO"; }
until_it_says ready

page() { sed -n 's/^<script type="application\/json" id="data">//p' "$WORK/$1.html" | sed 's/<\/script>$//'; }
# is_drawn WHAT PAGE EXPECTED: visible, ended, unaccepted, waiting; of the listener waiting, backlog, peak, ended; handshakes, and
# whether it is known how long they took.
is_drawn() {
	local got
	got=$(page "$2" | jq -c '[(.states["accept-wait"] | .visible, .count + .partial), .queues.unaccepted, .queues.waiting] +
		[.queues.rows[] | select(.listener == "127.0.0.1:7461") | .waiting, .backlog, .peak, .count] +
		[.moves[] | select(.from == "SYN-RECEIVED" and .to == "ESTABLISHED") | .count, .p50_ns > 0]')
	[ "$got" = "$3" ] && ok accept-wait "the page, $1: $got" || fail accept-wait "the page, $1: $got, not $3"
}

if [ -z "$SEES" ]; then
	start_tracer "$WORK/out.txt" hist -s accept-wait --netns "$netns" || exit 1
	for word in burst reset left "done"; do
		go_on
		until_it_says $word
	done
	stop_tracer
	grep -q '^warning: no accept-wait: nothing tells of accept() on this kernel$' "$WORK/out.txt.err" &&
		grep -q '^  not visible: nothing tells of accept()' "$WORK/out.txt" && ! grep -q 'ended\|still there' "$WORK/out.txt" &&
		ok accept-wait "nothing tells of accept(): a warning, and no number" ||
		fail accept-wait "$(cat "$WORK/out.txt.err" "$WORK/out.txt")"
	"$TCPDWELL" report "$WORK/untold.html" -q -d 0.2 --netns "$netns"
	is_drawn "nothing tells of accept()" untold '[false,0,0,0]'
	skip accept-wait "how long: nothing tells of accept() here"
	exit 0
fi

ip netns exec "$netns" "$TCPDWELL" serve "${WAY[@]}" --netns "$netns" --ready-file "$WORK/serving" 127.0.0.1:9798 >"$WORK/serve.out" 2>&1 &
SERVE=$!
on_exit "kill $SERVE 2>/dev/null"
wait_for 20 test -s "$WORK/serving" || { fail accept-wait "no exporter: $(head -3 "$WORK/serve.out")"; exit 1; }
"$TCPDWELL" report "$WORK/live.html" -q -L 7461 "${WAY[@]}" --netns "$netns" --ready-file "$WORK/drawing" 2>"$WORK/report.err" &
REPORT=$!
on_exit "kill $REPORT 2>/dev/null"
wait_for 20 test -s "$WORK/drawing" || { fail accept-wait "no report: $(head -3 "$WORK/report.err")"; exit 1; }
start_tracer "$WORK/out.json" -s accept-wait -f json -w "$WORK/run.rec" "${WAY[@]}" --netns "$netns" || exit 1

# Answers are kept for a second.
scrape() {
	sleep 1.1
	ip netns exec "$netns" curl -s -m 20 -o "$WORK/metrics" http://127.0.0.1:9798/metrics
}
metric() { awk -v name="tcpdwell_$1{listener=\"127.0.0.1:7461\"," 'index($0, name) == 1 { print $NF }' "$WORK/metrics"; }
# is WHAT METRIC VALUE: of the last scrape.
is() {
	[ "$(metric "$2")" = "$3" ] && ok accept-wait "$1: $2 $3" || fail accept-wait "$1: $2 is '$(metric "$2")', not $3"
}
# becomes WHAT METRIC VALUE: a census may be kept for longer than answers are.
scraped_as() { scrape && [ "$(metric "$1")" = "$2" ]; }
becomes() {
	wait_for 20 scraped_as "$2" "$3"
	is "$@"
}
waiting() { ip netns exec "$netns" ss -Hltn sport = :7461 | awk '{ print $2 }'; }

go_on
until_it_says burst
scrape
is "30 waited at once" accept_queue_peak 30
becomes "all are accepted" accept_queue 0
is "all are accepted" accept_queue_max 128
is "all are accepted" accept_wait_seconds_count 475
go_on
until_it_says reset
becomes "reset, they are in the queue still" accept_queue 5
is "as ss has it" accept_queue "$(waiting)"
is "5 were reset" unaccepted_connections_total 5
go_on
until_it_says left
becomes "7 wait" accept_queue 7
is "as ss has it" accept_queue "$(waiting)"
is "7 wait" accept_queue_peak 7
kill $REPORT
wait $REPORT || fail accept-wait "report ended with $?: $(head -3 "$WORK/report.err")"
is_drawn "7 wait" live '[true,485,5,7,7,128,30,485,492,true]'
go_on
until_it_says "done"
becomes "their listener is gone" accept_queue ''
is "their listener is gone" unaccepted_connections_total 12
is "nothing is not known" partial_accept_waits_total 0
kill "$SERVE"
stop_tracer || fail accept-wait "tcpdwell ended with $?: $(cat "$WORK/out.json.err")"
"$TCPDWELL" report "$WORK/replayed.html" -q -L 7461 -r "$WORK/run.rec"
is_drawn "from a recording" replayed '[true,492,12,0,492,true]'
if verdict=$(python3 "$TESTS/live/accept_wait.py" judge "$WORK/truth" "$WORK/out.json" 2>&1); then
	ok accept-wait "$verdict"
else
	fail accept-wait "$verdict"
fi
