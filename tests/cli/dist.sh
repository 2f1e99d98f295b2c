#!/bin/bash
# What dist/ delivers to Prometheus, Grafana and Kubernetes, as far as it can be judged without them: promtool runs the
# alerts' tests, and names in rules, dashboard and manifest are compared with the program's. tests/live/dashboard.sh asks a
# real Prometheus.
. "$(dirname "$0")/../lib.sh"
DIST=$TESTS/../dist

needs dist promtool && {
	check dist "promtool check rules" promtool check rules "$DIST/prometheus/alerts.yml"
	check dist "promtool test rules: $(grep -c 'alertname:' "$DIST/prometheus/alerts_test.yml") expectations of alerts" \
		promtool test rules "$DIST/prometheus/alerts_test.yml"
}
needs dist yaml || exit 0

# The ids of rules, and the states, as the sources have them.
"$TCPDWELL" --list-rules | cut -f1 | sort >"$WORK/rules"
grep -oE '\[WIRE_[A-Z0-9_]+\] = WORD\("[A-Z0-9-]+"' "$TESTS/../user/base/tcpstate.c" | sed 's/.*"\(.*\)"/\1/' >"$WORK/states"
[ "$(wc -l <"$WORK/rules")" -ge 14 ] && [ "$(wc -l <"$WORK/states")" -ge 11 ] ||
	fail dist "rules or states not found in the sources: $(cat "$WORK/rules" "$WORK/states" | tr '\n' ' ')"

"$TCPDWELL" --list-metrics >"$WORK/metrics" || fail dist "--list-metrics"
/usr/bin/python3 "$TESTS/cli/dist.py" check "$WORK/metrics" rules="$WORK/rules" states="$WORK/states"
