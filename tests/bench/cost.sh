#!/bin/bash
# cost.sh BUILD - what tracing costs, as ratios within one run: a churn of connections without a tracer, under
# `hist`, and under `trace` in each format to /dev/null, interleaved, medians of ROUNDS; then ns per program run, by
# the kernel's own statistics. A benchmark, not a test: nothing depends on its numbers.
. "$(dirname "$0")/../lib.sh"
can_trace bench || exit 1

ROUNDS=${ROUNDS:-5}
CHURN=${CHURN:-20011}
MODES=(none hist "trace text" "trace json" "trace csv")
new_netns netns || exit 1
ip netns exec "$netns" sysctl -qw net.ipv4.tcp_tw_reuse=0 net.ipv4.tcp_max_tw_buckets=1000

# churn_seconds: how long the connections took, by the traffic's own word.
churn_seconds() {
	ip netns exec "$netns" "$BUILD/traffic" -o /dev/null -n "$CHURN" churn 2>&1 | sed -n 's/.* in \([0-9.]*\) s$/\1/p'
}

# cpu_of PID: ms of CPU so far.
cpu_of() { awk -v hz="$(getconf CLK_TCK)" '{ print ($14 + $15) * 1000 / hz }' "/proc/$1/stat"; }

run_mode() { # MODE: "seconds cpu_ms lost"
	local mode=$1 seconds cpu=0 lost=0
	if [ "$mode" = none ]; then
		echo "$(churn_seconds) 0 0"
		return
	fi
	read -r command format <<<"$mode"
	start_tracer "$WORK/out" "$command" -f "${format:-text}" --netns "$netns" >/dev/null
	seconds=$(churn_seconds)
	sleep 0.3
	cpu=$(cpu_of "$TRACER")
	stop_tracer
	echo "$seconds $cpu $lost"
}

for ((round = 0; round < ROUNDS; round++)); do
	for i in "${!MODES[@]}"; do
		run_mode "${MODES[i]}" >>"$WORK/mode.$i"
	done
done

median() { sort -n | awk '{ v[NR] = $1 } END { print v[int((NR + 1) / 2)] }'; }
base=$(cut -d' ' -f1 "$WORK/mode.0" | median)
echo "churn of $CHURN connections (about 11 transitions each), median of $ROUNDS interleaved rounds:"
printf '%-12s %10s %12s %22s\n' tracer "conn/s" "ratio" "its CPU, us/transition"
for i in "${!MODES[@]}"; do
	seconds=$(cut -d' ' -f1 "$WORK/mode.$i" | median)
	cpu=$(cut -d' ' -f2 "$WORK/mode.$i" | median)
	awk -v m="${MODES[i]}" -v s="$seconds" -v b="$base" -v c="$cpu" -v n="$CHURN" \
		'BEGIN { printf "%-12s %10.0f %12.2f %22.2f\n", m, n / s, b / s, c * 1000 / (n * 11) }'
done

echo
echo "ns per run of each program, by kernel.bpf_stats_enabled:"
was=$(sysctl -n kernel.bpf_stats_enabled)
on_exit "sysctl -qw kernel.bpf_stats_enabled=$was"
sysctl -qw kernel.bpf_stats_enabled=1
start_tracer "$WORK/out" hist --netns "$netns" >/dev/null
churn_seconds >/dev/null
bpftool prog show | awk -v pid="$TRACER" '/name (transition|timewait_|sweep|accept_)/ {
	for (i = 1; i <= NF; i++) { if ($i == "name") name = $(i + 1); if ($i == "run_time_ns") t = $(i + 1); if ($i == "run_cnt") n = $(i + 1) }
	if (n) printf "  %-22s %8.0f ns x %d\n", name, t / n, n; n = 0 }'
stop_tracer
