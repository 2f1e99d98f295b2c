#!/bin/bash
# Losses: with a ring buffer of one page and a reader that is held up, records are lost. They are counted, told in
# every format, fail --strict, and no dwell that is told as exact differs from what a tracer with room saw.
. "$(dirname "$0")/live.sh.inc"
can_trace losses || exit 0
again_if_withheld losses events

new_netns netns || exit 1
PIDS=()
for format in text json csv; do
	start_tracer "$WORK/$format" -f "$format" --buffer 4k --strict --netns "$netns" || exit 1
	PIDS+=("$TRACER")
done
start_tracer "$WORK/whole.json" -f json --buffer 64M --netns "$netns" || exit 1
whole=$TRACER
# The tracepoint's own words, one line a transition: with room for all, and without.
start_tracer "$WORK/raw.json" --raw -f json --buffer 4k --netns "$netns" || exit 1
PIDS+=("$TRACER")
start_tracer "$WORK/raw-whole.json" --raw -f json -w "$WORK/rec" --buffer 64M --netns "$netns" || exit 1
raw_whole=$TRACER
start_witness losses events 32768

for _ in 1 2 3; do
	kill -STOP "${PIDS[@]}"
	play "$netns" "$WORK/truth" -n 211 churn >/dev/null || fail losses "the churn did not play"
	kill -CONT "${PIDS[@]}"
	play "$netns" "$WORK/truth" active-close >/dev/null || fail losses "the traffic did not play"
done
sleep 1.1
is_heard=
stop_witness losses && is_heard=1
kill -TERM "$whole" "$raw_whole" "${PIDS[3]}"
wait "$whole" || fail losses "the tracer with room ended with $?"
wait "$raw_whole" "${PIDS[3]}"
for pid in "${PIDS[@]:0:3}"; do
	kill -TERM "$pid"
	wait "$pid"
	status=$?
	[ $status = 3 ] && ok losses "--strict: exit status 3" || fail losses "--strict: exit status $status, not 3"
done

[ -z "$is_heard" ] || balance losses "$WORK/rec"
withhold

lost=$(jq -n '[inputs | select(.event == "lost") | .lost_count] | add // 0' "$WORK/json")
summary=$(jq -n '[inputs | select(.event == "summary") | to_entries[] | select(.key | startswith("lost_")) | .value] | add' "$WORK/json")
[ "$lost" -gt 0 ] && [ "$lost" = "$summary" ] && ok losses "json: $lost records lost, told as they went and in the end" ||
	fail losses "json: $lost told, $summary in the summary"
grep -q '^[0-9:.]* lost [0-9,]* transition records' "$WORK/text" && grep -q 'lost: [0-9,]* transition' "$WORK/text" &&
	ok losses "text: $(grep -m1 'lost [0-9]' "$WORK/text")" || fail losses "text: no word of a loss"
grep -q '^lost,' "$WORK/csv" && ok losses "csv: $(grep -c '^lost,' "$WORK/csv") lost rows" || fail losses "csv: no lost row"

# Emitted and lost are what happened, to the last one.
emitted() { jq -n '[inputs | select(.event == "transition")] | length' "$1"; }
of_summary() { jq -n "[inputs | select(.event == \"summary\") | .lost_transition] | add" "$1"; }
happened=$(emitted "$WORK/raw-whole.json") told=$(emitted "$WORK/raw.json") gone=$(of_summary "$WORK/raw.json")
[ "$(of_summary "$WORK/raw-whole.json")" = 0 ] && [ "$gone" -gt 0 ] && [ $((told + gone)) = "$happened" ] &&
	ok losses "$told transitions emitted + $gone lost = $happened that happened" ||
	fail losses "$told transitions emitted + $gone lost, of $happened that happened"

# An exact dwell is keyed by cookie and transition; clocks of two programs differ by well under 1 ms.
exact() {
	jq -r 'select(.event == "transition" and .dwell_known == "exact")
		| "\(.cookie) \(.from) \(.to) \(.dwell_ns)"' "$1"
}
exact "$WORK/whole.json" >"$WORK/truth.dwells"
exact "$WORK/json" >"$WORK/lossy.dwells"
wrong=$(awk 'NR == FNR { dwell[$1 $2 $3] = $4; next }
	{ off = $4 - dwell[$1 $2 $3]; if (off < 0) off = -off; if (off > 5e6) print }' \
	"$WORK/truth.dwells" "$WORK/lossy.dwells")
if [ -z "$wrong" ] && [ -s "$WORK/lossy.dwells" ]; then
	ok losses "$(wc -l <"$WORK/lossy.dwells") dwells told as exact between the gaps, none wrong"
else
	fail losses "wrong dwells told as exact: $(head -3 <<<"$wrong" | tr '\n' ' ')"
fi
least=$(jq -rn '[inputs | select(.event == "transition" and .dwell_known == "at-least")] | length' "$WORK/json")
bounds=$(jq -r 'select(.event == "transition" and .dwell_known == "at-least") | "\(.cookie) \(.from) \(.to) \(.dwell_ns)"' \
	"$WORK/json" | awk 'NR == FNR { dwell[$1 $2 $3] = $4; next }
	($1 $2 $3) in dwell && $4 > dwell[$1 $2 $3] + 5e6 { print }' "$WORK/truth.dwells" -)
[ -z "$bounds" ] && ok losses "$least lower bounds, none above the truth" || fail losses "bounds above the truth: $bounds"
