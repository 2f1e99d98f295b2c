#!/bin/bash
# A fleet: three hosts (network namespaces on one bridge) with an exporter each, scraped by Debian's Prometheus in the
# first of them. What PromQL says of each host and of all together is what `tcpdwell hist` printed of the same traffic.
. "$(dirname "$0")/serve.sh.inc"
can_trace prometheus || exit 0
needs prometheus prometheus promtool curl python3 || exit 0
again_if_withheld prometheus moves

# Other connections than the traffic's, such as Prometheus' own, are none of this.
PORTS='7001-7200'
STATES=syn-sent,established,fin-wait-1,fin-wait-2,close-wait,last-ack
HOSTS=()
EXPORTERS=()
TRACERS=()
BRIDGE=td$$

# new_host N: a namespace with 10.97.0.N on the bridge.
new_host() {
	local netns
	new_netns netns || return 1
	HOSTS+=("$netns")
	ip link add "$BRIDGE-$1" type veth peer name eth0 netns "$netns" &&
		ip link set "$BRIDGE-$1" master "$BRIDGE" up &&
		ip -n "$netns" addr add "10.97.0.$1/24" dev eth0 && ip -n "$netns" link set eth0 up
}

ip link add "$BRIDGE" type bridge && ip link set "$BRIDGE" up || { fail prometheus "no bridge"; exit 1; }
on_exit "ip link del $BRIDGE 2>/dev/null"
for n in 1 2 3; do
	new_host $n || { fail prometheus "no host $n"; exit 1; }
done

for n in 1 2 3; do
	launch "$WORK/exporter.$n.ready" "$WORK/exporter.$n.err" ip netns exec "${HOSTS[n - 1]}" "$TCPDWELL" serve \
		"10.97.0.$n:9798" --netns "${HOSTS[n - 1]}" -P $PORTS -s $STATES
	EXPORTERS+=("$LAUNCHED")
	launch "$WORK/hist.$n.ready" "$WORK/hist.$n.err" "$TCPDWELL" hist -f json --netns "${HOSTS[n - 1]}" -P $PORTS \
		-s $STATES >"$WORK/hist.$n"
	TRACERS+=("$LAUNCHED")
done
for n in 1 2 3; do
	wait_for 30 test -s "$WORK/exporter.$n.ready" -a -s "$WORK/hist.$n.ready" && continue
	fail prometheus "not ready: $(head -c 400 "$WORK/exporter.$n.err" "$WORK/hist.$n.err")"
	exit 1
done

# ---- Prometheus ----

cat >"$WORK/prometheus.yml" <<-END
	global: {scrape_interval: 2s, scrape_timeout: 2s}
	scrape_configs:
	  - job_name: tcpdwell
	    static_configs: [{targets: ['10.97.0.1:9798', '10.97.0.2:9798', '10.97.0.3:9798']}]
END
mkdir "$WORK/data"
check prometheus "promtool check config" promtool check config "$WORK/prometheus.yml"
ip netns exec "${HOSTS[0]}" prometheus --config.file="$WORK/prometheus.yml" --storage.tsdb.path="$WORK/data" \
	--web.listen-address=127.0.0.1:9090 --log.level=warn >"$WORK/prometheus.log" 2>&1 &
prometheus=$!
on_exit "kill $prometheus 2>/dev/null; wait $prometheus 2>/dev/null"

# query PROMQL: "LABELS VALUE" for each of the result, one a line; the labels are the instance, the state, from and to.
query() {
	ip netns exec "${HOSTS[0]}" curl -s -m 10 -G --data-urlencode "query=$1" http://127.0.0.1:9090/api/v1/query |
		jq -r '.data.result[] | ([.metric.instance, .metric.state, .metric.from, .metric.to] | map(values) | join(" ")) + " " + .value[1]'
}
all_up() { [ "$(query 'sum(up)')" = " 3" ]; }
wait_for 20 all_up || { fail prometheus "it does not scrape: $(query up) $(tail -n 3 "$WORK/prometheus.log")"; exit 1; }

# ---- traffic, other on each host ----

play "${HOSTS[0]}" "$WORK/truth.1" active-close passive-close half-close refused >/dev/null 2>&1 &
one=$!
play "${HOSTS[1]}" "$WORK/truth.2" -n 5 linger-reset unread-reset >/dev/null 2>&1 &
two=$!
play "${HOSTS[2]}" "$WORK/truth.3" -n 997 churn >/dev/null 2>&1 || fail prometheus "the churn did not play"
wait $one || fail prometheus "the first host's traffic did not play"
wait $two || fail prometheus "the second host's traffic did not play"
# Silent moves are told within a second, a census is up to a second old, and the next scrape is a second off: then a
# scrape of each that began after that has to have come, however long it takes.
sleep 2.5
settled=$(date +%s)
all_scraped() { query 'timestamp(up == 1)' | awk -v since="$settled" '$NF > since { n++ } END { exit n != 3 }'; }
wait_for 30 all_scraped || fail prometheus "no scrape since: $(query 'timestamp(up)' | tr '\n' ' ')"
for n in 1 2 3; do
	kill -TERM "${TRACERS[n - 1]}"
	wait "${TRACERS[n - 1]}" || fail prometheus "hist ended with $?"
done

# ---- judged ----

same() { # NAME
	if diff "$WORK/told" "$WORK/said" >"$WORK/diff" && [ -s "$WORK/told" ]; then
		ok prometheus "$1: $(wc -l <"$WORK/told") numbers, the same"
	else
		fail prometheus "$1 (< hist, > PromQL): $(grep '^[<>]' "$WORK/diff" | head -6 | tr '\n' ' ')"
	fi
}
# of_hist JQ: for each host and state, "INSTANCE STATE VALUE".
of_hist() {
	for n in 1 2 3; do
		jq -r "select(.event == \"histogram\") | \"10.97.0.$n:9798 \\(.state) \\($1)\"" "$WORK/hist.$n"
	done | sort
}

of_hist .count >"$WORK/told"
query tcpdwell_state_duration_seconds_count | sort >"$WORK/said"
same "dwells of each state and host"
query 'tcpdwell_state_duration_seconds_bucket{le="+Inf"}' | sort >"$WORK/said"
same "the same, in their last buckets"
of_hist .partial >"$WORK/told"
query tcpdwell_partial_dwells_total | sort >"$WORK/said"
same "partial ones"
of_hist .count | awk '{ sum[$2] += $3 } END { for (state in sum) print state, sum[state] }' | sort >"$WORK/told"
query 'sum by (state) (tcpdwell_state_duration_seconds_count)' | sort >"$WORK/said"
same "dwells of the fleet"
[ "$(query 'sum(tcpdwell_lost_records_total{kind!="skipped"})')" = " 0" ] && ok prometheus "nothing lost" || fail prometheus "lost records"

# The resolution of CLOCK_MONOTONIC_COARSE is a jiffy.
JIFFY=$(python3 -c 'import time; print(time.clock_getres(6))')

# in_same_bucket NAME: do both numbers of a line "WHAT HIST_NS PROMQL_SECONDS" lie between the same two bounds? The
# two tracers read the clock one after the other, and where FIN-WAIT-2 turned into TIME-WAIT in silence they know when
# to a jiffy, each by its own: so far it may be off. What hist says is the end of a finer bucket of its own.
in_same_bucket() {
	awk -v name="$1" -v off="$JIFFY" '
		BEGIN { split("1 1.25 1.5 2 2.5 3 4 5 6 8", step, " "); for (d = -5; d < 6; d++) for (i = 1; i <= 10; i++) bound[n++] = step[i] * 10 ^ d }
		function bucket(s, i) { for (i = 0; i < n && s > bound[i] * (1 + 1e-9); i++); return i }
		function begin(s, unit) {
			for (unit = 1e-8; s > 1000 * unit * (1 + 1e-9); unit *= 10);
			return s - unit * (s <= 200 * unit ? 5 : s <= 500 * unit ? 10 : 25)
		}
		{
			hist = $(NF - 1) / 1e9
			if (bucket($NF) < bucket(begin(hist) - off) || bucket($NF) > bucket(hist + off)) bad = bad " " $0 ";"
			else seen++
			same += bucket($NF) == bucket(hist)
		}
		END {
			if (bad || !seen) print "FAIL prometheus: " name ":" bad
			else print "ok prometheus: " name ": " same " of " seen " in the same bucket, the others a jiffy from it"
		}'
}
for q in 50 90 99; do
	of_hist "select(.count > 0) | .p${q}_ns" | grep -v ' null$' | awk '{ print $1 "|" $2, $3 }' | sort >"$WORK/told"
	query "histogram_quantile(0.$q, tcpdwell_state_duration_seconds_bucket)" | awk '{ print $1 "|" $2, $3 }' |
		grep -v NaN | sort >"$WORK/said"
	join "$WORK/told" "$WORK/said" >"$WORK/both"
	[ "$(wc -l <"$WORK/told")" = "$(wc -l <"$WORK/both")" ] || fail prometheus "p$q: not of every state"
	in_same_bucket "p$q of each state and host" <"$WORK/both"
done

# The fleet's percentiles, from the finer buckets of hist, added up.
for n in 1 2 3; do
	jq -r 'select(.event == "histogram") | .state as $state | .buckets[]? | "\($state) \(.[0]) \(.[1])"' "$WORK/hist.$n"
done | awk '{ n[$1 " " $2] += $3 } END { for (key in n) print key, n[key] }' | sort -k1,1 -k2,2g >"$WORK/fleet"
for q in 50 99; do
	awk -v q=0.$q '{ state[NR] = $1; le[NR] = $2; count[NR] = $3; total[$1] += $3 }
		END { for (i = 1; i <= NR; i++) { sum[state[i]] += count[i]
			if (!(state[i] in told) && sum[state[i]] >= q * total[state[i]]) { told[state[i]] = 1; print state[i], le[i] } } }' \
		"$WORK/fleet" | sort >"$WORK/told"
	query "histogram_quantile(0.$q, sum by (state, le) (tcpdwell_state_duration_seconds_bucket))" | grep -v NaN | sort >"$WORK/said"
	join "$WORK/told" "$WORK/said" >"$WORK/both"
	[ "$(wc -l <"$WORK/told")" = "$(wc -l <"$WORK/both")" ] || fail prometheus "fleet p$q: not of every state"
	in_same_bucket "p$q of the fleet" <"$WORK/both"
done
[ "$(query 'count(tcpdwell_build_info)')" = " 3" ] && ok prometheus "three hosts: $(query 'sum(scrape_samples_scraped)') series" ||
	fail prometheus "build info: $(query tcpdwell_build_info)"
grep -iE 'level=(warn|error)' "$WORK/prometheus.log" >"$WORK/err" && fail prometheus "complains: $(head -2 "$WORK/err")" ||
	ok prometheus "without a complaint of Prometheus"
# shellcheck disable=SC2034 # stop_exporter ends it
for EXPORTER in "${EXPORTERS[@]}"; do
	stop_exporter prometheus
done
