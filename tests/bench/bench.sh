#!/bin/bash
# bench.sh BUILD - what tracing costs, beside nothing, beside an empty program, and beside what Debian packages for the
# same tracepoint: all in one run, interleaved, medians and spread of ROUNDS. A table on stdout, all numbers in
# BUILD/bench.json. A benchmark, not a test: nothing depends on its numbers. docs/overhead.md reads one.
BUILD=${1:-build}
. "$(dirname "$0")/../lib.sh"
can_trace bench || exit 1

ROUNDS=${ROUNDS:-5}
CHURN=${CHURN:-20000}      # connections a round: eight transitions each, half of them ended by RST, half IPv6
LONG=${LONG:-250000}       # connections of the run that must lose nothing: 2 million transitions
RECORDS=${RECORDS:-10000000}
HELD=${HELD:-1000}         # connections open all the time
BENCH=$BUILD/bench
NUMBERS=${NUMBERS:-$WORK/numbers} # a line a run: mode, and name=value
STATS=$(sysctl -n kernel.bpf_stats_enabled)
on_exit "sysctl -qw kernel.bpf_stats_enabled=$STATS"
# The statistics cost more than what they measure: only the time of programs is taken with them.
statistics() { sysctl -qw "kernel.bpf_stats_enabled=$1"; }
statistics 0

MODES=${MODES:-none empty text json hist write tcpstates tcplife bpftrace perf}

# command_of MODE: the command, its output in $WORK/out.
command_of() {
	case $1 in
	empty) echo "$BENCH/empty $WORK/ready empty" ;;
	empty_timer) echo "$BENCH/empty $WORK/ready empty_timer" ;;
	text) echo "$TCPDWELL --ready-file $WORK/ready" ;;
	json) echo "$TCPDWELL --ready-file $WORK/ready -f json" ;;
	hist) echo "$TCPDWELL --ready-file $WORK/ready hist" ;;
	hist\ *) echo "$TCPDWELL $1 --ready-file $WORK/ready" ;;
	write) echo "$TCPDWELL --ready-file $WORK/ready hist -w $WORK/recording" ;;
	tcpstates | tcplife) command -v "$1" ;;
	bpftrace) command -v bpftrace >/dev/null && echo "bpftrace $BENCH/states.bt" ;;
	perf) command -v perf >/dev/null && echo "perf record -q -a -e sock:inet_sock_set_state -o $WORK/perf.data" ;;
	esac
}

# programs_of PID: "id" of each BPF program it holds.
programs_of() { cat "/proc/$1"/fdinfo/* 2>/dev/null | sed -n 's/^prog_id:[[:space:]]*//p' | sort -un; }

is_ready() { # MODE PID
	case $1 in
	empty* | text | json | hist* | write) test -s "$WORK/ready" ;;
	perf) grep -q anon_inode:.perf_event < <(ls -l "/proc/$2/fd" 2>/dev/null) ;;
	*) [ -n "$(programs_of "$2")" ] ;;
	esac
}

# begin MODE: starts it; its pid is PEER. False, with the reason in REASON, if this host does not have it.
begin() {
	rm -f "$WORK/ready"
	if [ -z "$(command_of "$1")" ]; then
		REASON="not installed: make deps-bench"
		return 1
	fi
	# shellcheck disable=SC2046,SC2091 # words
	env --default-signal=INT $(command_of "$1") >"$WORK/out" 2>"$WORK/err" &
	PEER=$!
	on_exit "kill $PEER 2>/dev/null"
	if wait_for 10 is_ready "$1" "$PEER" && sleep 0.3 && kill -0 "$PEER" 2>/dev/null; then
		return 0
	fi
	kill -INT "$PEER" 2>/dev/null
	wait "$PEER"
	REASON=$(cat "$WORK/err" "$WORK/out" | grep -iE 'error|fail|not' | tail -1 | cut -c1-90)
	return 1
}

end() {
	sleep 0.3
	kill -INT "$PEER"
	wait "$PEER"
}

# ns on a CPU of all threads: ticks are charged whole to whoever runs when a tick comes, as a reader that sleeps by
# timer does.
cpu_of() { cat "/proc/$1"/task/*/schedstat | awk '{ n += $1 } END { printf "%.0f", n }'; }

# kernel_ns PID: "ns of the programs on the tracepoint, ns of all its programs, runs".
kernel_ns() {
	local ids
	ids=$(programs_of "$1" | paste -sd,)
	bpftool prog show -j | jq -r "map(select(.id as \$id | [${ids:-0}] | any(. == \$id)) | select(.run_cnt > 0)) |
		(map(select(.name | test(\"^(transition|empty|handle_set_state|inet_sock_set|tracepoint_sock)\"))) ) as \$on |
		\"\(\$on | map(.run_time_ns) | add // 0) \(map(.run_time_ns) | add // 0) \(\$on | map(.run_cnt) | max // 0)\""
}

lost_of() { # MODE: what it says itself, or what is missing of its lines
	case $1 in
	text | hist | write) sed -n 's/.*; lost: \(nothing\)*\([0-9,]*\).*/\2/p' "$WORK/out" | tr -d , | grep . || echo 0 ;;
	json) jq -n '[inputs | select(.event == "lost") | .lost_count] | add // 0' "$WORK/out" ;;
	tcpstates | tcplife) sed -n 's/.*[Ll]ost \([0-9]*\).*/\1/p' "$WORK/err" | awk '{ n += $1 } END { print n + 0 }' ;;
	*) echo 0 ;;
	esac
}

# churn CONNECTIONS: seconds it took.
churn() { "$BENCH/load" -n "$1" -h "$HELD" -c 0 | jq .seconds; }

# reference CONNECTIONS: connections/s under the empty program. What else the host does changes within seconds, so every
# run is compared with one of the empty program just before it.
reference() {
	local seconds
	begin empty || return
	seconds=$(churn "$1")
	end
	awk -v n="$1" -v s="$seconds" 'BEGIN { print n / s }'
}

# measure MODE CONNECTIONS [NAME]: a line into NUMBERS, called NAME: all that is measured without statistics, then, if
# it is a round, with them the time of the programs.
measure() {
	local mode=$1 name=${3:-$1} seconds before after kernel=(0 0 0) memory=0 lost=0 empty=0
	[ "$mode" = "$name" ] && empty=$(reference "$2" || echo 0)
	if [ "$mode" = none ]; then
		seconds=$(churn "$2")
		awk -v n="$2" -v s="$seconds" -v e="$empty" \
			'BEGIN { printf "none seconds=%f rate=%f kept=%f\n", s, n / s, e ? n / s / e : 0 }' >>"$NUMBERS"
		return
	fi
	begin "$mode" || { echo "$name missing=${REASON// /_}" >>"$NUMBERS"; return; }
	before=$(cpu_of "$PEER")
	seconds=$(churn "$2")
	sleep 0.3
	after=$(cpu_of "$PEER")
	if [ "$mode" = "$name" ]; then
		statistics 1
		churn "$2" >/dev/null
		read -r -a kernel < <(kernel_ns "$PEER")
		statistics 0
	fi
	memory=$(awk '/^VmHWM/ { print $2 }' "/proc/$PEER/status")
	end
	lost=$(lost_of "$mode")
	rm -f "$WORK/out" "$WORK/recording" "$WORK/perf.data"
	awk -v name="$name" -v n="$2" -v h="$HELD" -v s="$seconds" -v b="$before" -v a="$after" -v on="${kernel[0]}" \
		-v all="${kernel[1]}" -v runs="${kernel[2]}" -v mem="$memory" -v lost="$lost" -v e="$empty" 'BEGIN {
		moves = n * 8 + h * 4
		printf "%s seconds=%f rate=%f cpu=%f mem=%f lost=%d", name, s, n / s, (a - b) / moves / 1e3, mem / 1024, lost
		if (e) printf " kept=%f", n / s / e
		if (runs) printf " ns=%f all=%f", on / runs, all / runs
		print "" }' >>"$NUMBERS"
}

# first_event MODE: ms from start to the first line about a connection, under load. The others print none: `hist` and
# `write` tell at the end.
first_event() {
	local begun now line
	case $1 in
	text | json | tcpstates) line=ESTABLISHED ;;
	tcplife | bpftrace) line='^[0-9]+ ' ;;
	*) return ;;
	esac
	[ -n "$(command_of "$1")" ] || return
	"$BENCH/load" -m rst -n 100000 -c 0 >/dev/null &
	local load=$!
	sleep 0.3
	rm -f "$WORK/ready" "$WORK/out"
	begun=$(date +%s%N)
	# shellcheck disable=SC2046,SC2091
	env --default-signal=INT $(command_of "$1") >"$WORK/out" 2>/dev/null &
	PEER=$!
	on_exit "kill $PEER 2>/dev/null"
	wait_for 10 grep -qEm1 "$line" "$WORK/out"
	now=$(date +%s%N)
	kill -INT "$PEER" "$load" 2>/dev/null
	wait "$PEER" "$load"
	echo "$1 first=$(((now - begun) / 1000000))" >>"$NUMBERS"
}

replay() { # HOW: user seconds of replaying RECORDS transitions
	local TIMEFORMAT=%U seconds
	mkfifo "$WORK/fifo" 2>/dev/null
	"$BENCH/synthetic" churn "$RECORDS" "$WORK/fifo" &
	# shellcheck disable=SC2086
	seconds=$({ time "$TCPDWELL" $1 -r "$WORK/fifo" >/dev/null; } 2>&1)
	wait $!
	# Of ten transitions come three records of a mini-socket.
	echo "replay:${1// /_} user=$seconds records=$(awk -v n="$RECORDS" -v s="$seconds" 'BEGIN { print n * 1.3 / s }')" >>"$NUMBERS"
}

# peak_memory KIND CONNECTIONS: KB at most, until all are read
peak_memory() {
	"$BENCH/synthetic" "$1" "$2" "$WORK/$1"
	{ cat "$WORK/$1"; touch "$WORK/read"; sleep 3; } >"$WORK/fifo" &
	"$TCPDWELL" hist -r "$WORK/fifo" >/dev/null &
	PEER=$!
	wait_for 60 test -e "$WORK/read"
	sleep 0.5
	awk '/^VmHWM/ { print $2 }' "/proc/$PEER/status"
	wait "$PEER"
	rm -f "$WORK/$1" "$WORK/read"
}

# bytes_per_connection KIND
bytes_per_connection() {
	local none million
	none=$(peak_memory "$1" 1)
	million=$(peak_memory "$1" 1000000)
	echo "memory:$1 bytes=$(((million - none) * 1024 / 1000000))" >>"$NUMBERS"
}

# timers: what a program on a timer tracepoint costs where no TIME-WAIT is about, beside an empty one.
timers() {
	local mode
	for mode in empty_timer hist; do
		begin "$mode" || return
		statistics 1
		"$BENCH/load" -m timers -n 100000 -c 0 >/dev/null
		statistics 0
		bpftool prog show -j | jq -r "map(select(.name | test(\"^(empty_timer|timewait_timer)\")) | select(.run_cnt > 1000))[] |
			\"timers:\(.name) ns=\(.run_time_ns / .run_cnt)\"" >>"$NUMBERS"
		end
	done
}

# wall: ns that a transition takes by the clock on the wall, without statistics, where hardly anything else happens: the
# least of five, since others only make it slower. A tracepoint with two programs does not call the first one directly.
wall() {
	local how ns
	for how in none empty two_empty hist; do
		SECOND=
		case $how in
		two_empty) begin empty && SECOND=$PEER && begin empty ;;
		empty | hist) begin "$how" ;;
		esac || return
		ns=$(for _ in 1 2 3 4 5; do "$BENCH/load" -m listen -n 20000 -c 0; done | jq -s 'map(.seconds / .count / 2 * 1e9) | min')
		echo "wall:$how ns=$ns" >>"$NUMBERS"
		[ "$how" = none ] || end
		[ -z "$SECOND" ] || { kill -INT "$SECOND"; wait "$SECOND"; }
	done
}

# passive: what the programs take of each connection, by what they watch, where handshakes and queues are asked for and
# where not. A connection has both ends here, and ends by RST.
passive() {
	local how args
	for how in time-wait all accept-wait syscalls; do
		case $how in
		syscalls) args="-s all,accept-wait --accept syscalls" ;;
		accept-wait) args="-s all,accept-wait" ;;
		*) args="-s $how" ;;
		esac
		begin "hist $args" || return
		statistics 1
		"$BENCH/load" -m rst -n "$CHURN" -c 0 >/dev/null
		statistics 0
		bpftool prog show -j | jq -r --argjson n "$CHURN" "map(select(.run_cnt > 0)
			| {way: (.name | capture(\"^(?<way>transition|timewait|handshake|accept)\").way), ns: .run_time_ns})
			| group_by(.way) | map(\"\(.[0].way)=\((map(.ns) | add) / \$n)\") | \"passive:$how \" + join(\" \")" >>"$NUMBERS"
		end
	done
}

for ((round = 0; round < ROUNDS; round++)); do
	wall
	passive
	for mode in $MODES; do
		measure "$mode" "$CHURN"
	done
	for mode in $MODES; do first_event "$mode"; done
done
for mode in text json hist write; do measure "$mode" "$LONG" "long:$mode"; done
for ((round = 0; round < ROUNDS; round++)); do timers; done
for how in hist trace "trace -f json"; do replay "$how"; done
for kind in held waiting; do bytes_per_connection $kind; done

echo "Linux $(uname -r), $(nproc) CPUs, $ROUNDS rounds of $CHURN connections, $HELD held; medians (least..most)"
"$TESTS/bench/table.sh" "$NUMBERS" "$BUILD/bench.json"
