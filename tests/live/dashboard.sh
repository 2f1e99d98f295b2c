#!/bin/bash
# The dashboard and the rules before a real Prometheus that scrapes a real `tcpdwell serve`: every query of every panel
# gets data from it, every recording rule and alert evaluates, and the leak that is played raises its alert.
. "$(dirname "$0")/live.sh.inc"
can_trace dashboard && needs dashboard prometheus curl yaml || exit 0
DIST=$TESTS/../dist

new_netns netns || exit 1
inside() { ip netns exec "$netns" "$@"; }
ip netns exec "$netns" "$TCPDWELL" serve --patience 5s --ready-file "$WORK/ready" 127.0.0.1:9798 >"$WORK/serve.out" 2>&1 &
on_exit "kill $! 2>/dev/null"
wait_for 20 test -s "$WORK/ready" || { fail dashboard "no exporter: $(head -3 "$WORK/serve.out")"; exit 1; }

# Minutes of the alerts are seconds here.
sed -E 's/for: ([0-9]+)m/for: \1s/' "$DIST/prometheus/alerts.yml" >"$WORK/alerts.yml"
cat >"$WORK/prometheus.yml" <<-END
	global: {scrape_interval: 1s, evaluation_interval: 1s}
	rule_files: [$WORK/alerts.yml]
	scrape_configs:
	  - job_name: tcpdwell
	    static_configs: [{targets: ['127.0.0.1:9798']}]
END
ip netns exec "$netns" prometheus --config.file="$WORK/prometheus.yml" --storage.tsdb.path="$WORK/tsdb" --web.listen-address=127.0.0.1:9090 \
	--log.level=error >"$WORK/prometheus.log" 2>&1 &
on_exit "kill $! 2>/dev/null; wait $! 2>/dev/null"
# ask WHAT NAME=VALUE...: of Prometheus's HTTP API, to $WORK/answer.
ask() {
	local arguments=()
	for argument in "${@:2}"; do
		arguments+=(--data-urlencode "$argument")
	done
	inside curl -s -m 20 -o "$WORK/answer" "${arguments[@]}" "http://127.0.0.1:9090/api/v1/$1"
}
is_up() { ask query 'query=up == 1' && jq -e '.data.result | length == 1' "$WORK/answer"; }
wait_for 30 is_up || { fail dashboard "no scrape: $(tail -3 "$WORK/prometheus.log")"; exit 1; }

# Of a SYN cookie nobody knows when the SYN came: something that is not known, too.
inside sysctl -qw net.ipv4.tcp_syncookies=2
# Something of everything: what is stuck, what goes through all states, and for long enough for rates.
mkfifo "$WORK/stop"
ip netns exec "$netns" "$BUILD/trouble" - <"$WORK/stop" >"$WORK/cases" 2>/dev/null &
exec 3>"$WORK/stop"
wait_for 30 grep -q '^ready' "$WORK/cases" || fail dashboard "the cases did not play: $(cat "$WORK/cases")"
# syn-reuse comes back to a port that was its own a second ago, and a scrape may have it by then: it is played once more.
something() { play "$netns" "$WORK/truth" active-close half-close syn-reuse linger-reset >"$WORK/traffic.log" 2>&1; }
in_use() { grep -q 'bind: Address already in use' "$WORK/traffic.log"; }
for _ in 1 2 3 4; do
	something || { in_use && something; } || fail dashboard "the traffic did not play: $(tail -1 "$WORK/traffic.log")"
done

is_firing() { ask query 'query=ALERTS{alertname="TcpDescriptorLeak", alertstate="firing", comm="trouble"}' && jq -e '.data.result | length == 1' "$WORK/answer"; }
wait_for 30 is_firing && ok dashboard "a leak raises TcpDescriptorLeak" || fail dashboard "TcpDescriptorLeak does not fire: $(head -c 300 "$WORK/answer")"

# "Time per event" needs kernel.bpf_stats_enabled, which is not the test's to set; waits for accept() a way to see it; and
# nothing has to end unaccepted, or with a wait that is not known.
may_be_empty() {
	case $where:$expr in
	"Time per event:"* | *tcpdwell_unaccepted_* | *tcpdwell_partial_accept_*) true ;;
	*tcpdwell_accept_wait_* | *tcpdwell_accept_queue_peak*) [ "$accept" = inherit ] ;;
	*) false ;;
	esac
}
accept=$("$TCPDWELL" features -f json | jq -r 'select(.feature == "accept").ways[] | select(.status == "chosen").way')
now=$(date +%s) asked=0 empty=0
while IFS=$'\t' read -r where kind expr; do
	asked=$((asked + 1))
	if [ "$kind" = instant ] || [ "$kind" = variable ]; then
		ask query "query=$expr"
	else
		ask query_range "query=$expr" "start=$((now - 60))" "end=$now" step=2
	fi
	points=$(jq '[.data.result[] | (.values // [.value])[] | select(.[1] != "NaN")] | length' "$WORK/answer" 2>/dev/null)
	[ "${points:-0}" -gt 0 ] && continue
	if may_be_empty && [ "$(jq -r .status "$WORK/answer")" = success ]; then
		empty=$((empty + 1))
		continue
	fi
	fail dashboard "'$where' has no data: $expr: $(head -c 200 "$WORK/answer")"
done < <(/usr/bin/python3 "$TESTS/cli/dist.py" queries)
[ $asked -gt 25 ] && ok dashboard "$asked queries of the dashboard, $((asked - empty)) with data; empty, as they may be: $empty" ||
	fail dashboard "only $asked queries"

ask rules
if jq -e '[.data.groups[].rules[] | select(.health != "ok")] | length == 0' "$WORK/answer" >/dev/null; then
	ok dashboard "$(jq '[.data.groups[].rules[]] | length' "$WORK/answer") rules are healthy; firing: $(jq -r '[.data.groups[].rules[] | select(.state == "firing") | .name] | sort | join(", ")' "$WORK/answer")"
else
	fail dashboard "rules: $(jq -c '[.data.groups[].rules[] | select(.health != "ok") | [.name, .lastError]]' "$WORK/answer" | head -c 400)"
fi
ask query 'query=instance_state:tcpdwell_state_duration_seconds:p99_5m{state="CLOSE-WAIT"} > 0'
jq -e '.data.result | length == 1' "$WORK/answer" >/dev/null && ok dashboard "p99 of CLOSE-WAIT is recorded: $(jq -r '.data.result[0].value[1]' "$WORK/answer") s" ||
	fail dashboard "no percentile is recorded: $(head -c 300 "$WORK/answer")"
