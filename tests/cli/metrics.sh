#!/bin/bash
# What a scraper computes from the exported buckets, as histogram_quantile() does, lies in the same exported bucket as
# what `hist` prints of the same recording; counts are the same.
. "$(dirname "$0")/../lib.sh"
STATES=listen,syn-sent,syn-received,established,fin-wait-1,fin-wait-2,closing,time-wait,close-wait,last-ack

for dir in "$TESTS"/golden/*/; do
	name=metrics-$(basename "$dir")
	# Times in nanoseconds; the last bucket has no bound.
	"$TCPDWELL" hist -r "$dir/in.rec" -f json -s $STATES | jq -r 'select(.event == "histogram" and .visible) |
		[.state, .count, .partial, .p50_ns // "-", .p90_ns // "-", .p99_ns // "-"] | join(" ")' >"$WORK/hist"
	"$BUILD/fuzz/metrics_of" "$dir/in.rec" prometheus >"$WORK/metrics"
	awk -v name="$name" '
		function state_of(line) { sub(/.*state="/, "", line); sub(/".*/, "", line); return line }
		function quantile(state, q, i) {
			for (i = 0; i < n[state]; i++)
				if (value[state, i] >= q * count[state]) return i
		}
		# The bucket that holds it: the first whose bound it does not exceed.
		function bucket(state, ns, i) {
			for (i = 0; i < n[state] - 1; i++)
				if (ns <= le[state, i] * 1e9 * (1 + 1e-12)) return i
			return i
		}
		function compare(state, q, ns) {
			if (ns == "-" ? count[state] : quantile(state, q) != bucket(state, ns))
				bad = bad " " state " p" q * 100 " " ns
			compared += ns != "-"
		}
		NR == FNR && /_seconds_bucket/ {
			s = state_of($0); bound = $0; sub(/.*le="/, "", bound); sub(/".*/, "", bound)
			le[s, n[s] + 0] = bound; value[s, n[s]++] = $NF
		}
		NR == FNR && /_seconds_count/ { count[state_of($0)] = $NF }
		NR == FNR && /_partial_dwells_total/ { partial[state_of($0)] = $NF }
		NR == FNR { next }
		{
			if ($2 != count[$1] || $3 != partial[$1]) bad = bad " " $1 " counts " $2 " " $3
			compare($1, 0.5, $4); compare($1, 0.9, $5); compare($1, 0.99, $6); states++
		}
		END {
			if (bad || !states) print "FAIL " name ":" bad
			else print "ok " name ": " states " states, " compared + 0 " percentiles in the bucket that hist has them in"
		}' "$WORK/metrics" "$WORK/hist"
done
