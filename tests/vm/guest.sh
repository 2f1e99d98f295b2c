#!/bin/busybox sh
# shellcheck shell=dash
# guest.sh - /init of the virtual machine, whose only other files are a static busybox, tcpdwell, the test helpers
# and three kernel modules: so this is also the proof that tcpdwell needs nothing of its host.
#
# /vm.conf says what to do: KERNEL its name in kernels.txt, TESTS, WAYS ('' all), MUST the ways that have to load,
# INTERACTIVE. What goes to the host is on the console, a line each: "RESULT ok|FAIL|skip ...", "NOTE ...", and "END"
# after the last one.

/bin/busybox --install -s /bin
export PATH=/bin HOME=/
mount -t proc proc /proc
mount -t sysfs sys /sys
mount -t devtmpfs dev /dev
mount -t tmpfs tmp /tmp
mkdir /tmp/sys
mount -t tracefs tracefs /sys/kernel/tracing
mount -t bpf bpf /sys/fs/bpf
grep -q cgroup2 /proc/filesystems && mount -t cgroup2 cgroup /sys/fs/cgroup
for module in inet_diag tcp_diag tun; do
	[ ! -e /mod/$module.ko ] || insmod /mod/$module.ko || echo "NOTE no module $module"
done
ip link set lo up
# Kernel messages in the middle of a result would spoil it; they are looked through at the end.
echo 1 >/proc/sys/kernel/printk
. /vm.conf
# These are stock kernels: none of them withholds anything from anybody.
export WITNESS=strict WITNESS_AWK=/live
. /live/witness.sh.inc

ok() { echo "RESULT ok $KERNEL/$1: $2"; }
fail() { echo "RESULT FAIL $KERNEL/$1: $2"; }
skip() { echo "RESULT skip $KERNEL/$1: $2"; }
notes() { sed 's/^/NOTE /'; }
details() { sed 's/^/NOTE     ^ /'; } # of a result, shown with it
first_line() { head -n 1 "$1" 2>/dev/null; }

# Processors 0 and 2: ids have a gap, and the kernel has room for one more. With one processor other things go wrong than
# with two: the test `alone` has one.
CPUS=/sys/devices/system/cpu
set_cpu() { echo "$2" >$CPUS/cpu"$1"/online; }
[ -n "$INTERACTIVE" ] || set_cpu 2 1 || fail machine "no second processor"

# The process that holds a network namespace for one test; '' where the kernel has one network (CONFIG_NET_NS=n).
[ -e /proc/self/ns/net ] && HAS_NETNS=1 || HAS_NETNS=

# new_netns: a network namespace with lo up, held by a process, NS. Its packets are handed from one processor to another
# (RPS), as a network card does.
new_netns() {
	NS=
	if [ -n "$HAS_NETNS" ]; then
		unshare -n sleep 1000000 &
		NS=$!
		while [ "$(readlink /proc/$NS/ns/net)" = "$(readlink /proc/self/ns/net)" ]; do
			sleep 0.01
		done
	fi
	inside sh -c 'ip link set lo up
		mount -t sysfs sys /tmp/sys && echo 7 >/tmp/sys/class/net/lo/queues/rx-0/rps_cpus
		umount /tmp/sys' || fail machine "no RPS"
}

# inside COMMAND...: in the namespace.
inside() {
	if [ -n "$NS" ]; then nsenter -t "$NS" -n "$@"; else "$@"; fi
}

# end_netns NS: where there are none, what a test left in TIME-WAIT is not for the next one to meet.
end_netns() {
	if [ -z "$1" ]; then
		sleep 62
		return
	fi
	kill "$1" 2>/dev/null
	wait "$1" 2>/dev/null
}

# way_option WAY: what makes tcpdwell take this way; 'auto' is what it does by itself.
way_option() { [ "$1" = auto ] || echo "--timewait $1"; }

# start_tracer OUT WAY ARGUMENT...: complete when this returns. Sets TRACER; false, with the reason in OUT.err.
start_tracer() {
	local out=$1 way=$2 tries=0
	shift 2
	rm -f /tmp/ready
	# shellcheck disable=SC2046
	tcpdwell -f json --ready-file /tmp/ready $(way_option "$way") "$@" >"$out" 2>"$out.err" &
	TRACER=$!
	while [ ! -s /tmp/ready ]; do
		tries=$((tries + 1))
		[ -d /proc/$TRACER ] && [ $tries -lt 600 ] || return 1
		sleep 0.1
	done
}

stop_tracer() {
	kill -TERM "$TRACER" 2>/dev/null
	wait "$TRACER"
}

# verify_options WAY: by `timer` and `sample` only the kernel's own note says when FIN-WAIT-2 became TIME-WAIT (6.14); by
# `sample` nothing says how a mini-socket ends.
verify_options() {
	case $1 in timer | sample) ;; *) return ;; esac
	grep -q tw_entry_stamp /sys/kernel/btf/vmlinux && printf ' -q 10.77.0.2' || printf ' -q any'
	[ "$1" != sample ] || printf ' -s'
}

# judge NAME WAY TRUTH OUTPUT: a result a life.
judge() {
	local status
	# shellcheck disable=SC2046
	verify $(verify_options "$2") "$3" "$4" >/tmp/verdict 2>&1
	status=$?
	sed -n -e "s|^ok  *|RESULT ok $KERNEL/$1: |p" -e "s|^BAD  *|RESULT FAIL $KERNEL/$1: |p" -e 's|^  *^|NOTE     ^|p' /tmp/verdict
	if grep -q '^BAD' /tmp/verdict; then
		told_of_wrong "$4" | cut -c 1-400 | details
	elif [ $status != 0 ]; then
		fail "$1" "verify: status $status: $(first_line /tmp/verdict)"
	fi
}

# told_of_wrong OUTPUT: what was lost, and all that was told of the lives that /tmp/verdict calls wrong.
told_of_wrong() {
	grep '"event":"lost"' "$1"
	sed -n 's/^BAD .*:\([0-9]*\)>.*/\1/p' /tmp/verdict | sort -u | while read -r port; do
		grep "\"lport\":$port," "$1"
	done
}

# truth NAME WAY ARGUMENT...: plays, traces and judges. Again, if something that may happen kept a scenario from playing
# as written.
truth() {
	local name=$2/$1 way=$2 tries=0 status=75
	shift 2
	while [ $status = 75 ] && [ $tries -lt 3 ]; do
		tries=$((tries + 1))
		status=untraced
		play_truth "$@"
	done
	case $status in
	untraced) fail "$name" "cannot trace: $(first_line /tmp/out.err)" ;;
	0) judge "$name" "$way" /tmp/truth /tmp/out ;;
	77)
		skip "$name" "some scenarios: $(tail -n 1 /tmp/traffic.log)"
		judge "$name" "$way" /tmp/truth /tmp/out
		;;
	*) fail "$name" "the traffic did not play: $(tail -n 1 /tmp/traffic.log)" ;;
	esac
}

# play_truth ARGUMENT...: for truth(), whose `status` it sets if it can trace.
play_truth() {
	new_netns
	if start_tracer /tmp/out "$way" ${NS:+--netns "$NS"}; then
		inside traffic -o /tmp/truth "$@" >/tmp/traffic.log 2>&1
		status=$?
		sleep 1.1
		stop_tracer || fail "$name" "tcpdwell ended with $?: $(first_line /tmp/out.err)"
	fi
	end_netns "$NS"
}

# has_ipv6 NAME, has_netns NAME: or NAME is skipped.
has_ipv6() { [ -e /proc/net/if_inet6 ] || { skip "$1" "this kernel has no IPv6" && false; }; }
has_netns() { [ -n "$HAS_NETNS" ] || { skip "$1" "this kernel has no network namespaces" && false; }; }

# ---- tests that every way has to pass ----

# shellcheck disable=SC2046
test_truth_ipv4() { truth truth-ipv4 "$1" $(scenarios); }
test_truth_ipv6() { has_ipv6 "$1/truth-ipv6" && truth truth-ipv6 "$1" -6 all; }
test_truth_mapped() { has_ipv6 "$1/truth-mapped" && truth truth-mapped "$1" -m all; }

# scenarios: all. Where a socket does not tell its network, its end is of unknown cause in some: that depends on how full
# the table of mini-sockets is, and on how long FIN-WAIT-2 may last.
scenarios() {
	if [ -n "$HAS_NETNS" ]; then
		echo all
	else
		traffic -l | awk '!/\*/ { print $1 }' | grep -vxE 'table-full-orphan|data-with-ack|timeout-fin-wait-2'
	fi
}
test_churn() { truth churn "$1" -n 211 churn; }

# Under interrupts, before a witness: all that happened is told, each move once. See tests/live/nested.sh.
test_nested() { witnessed nested "$1" 1009 true; }

# The same while a processor comes and goes.
test_hotplug() { witnessed hotplug "$1" 1009 replug; }

# The same on one processor, which nobody interrupts but itself.
test_alone() {
	set_cpu 2 0 || fail "$1/alone" "the second processor stays"
	witnessed alone "$1" 211 true
	set_cpu 2 1
}

# replug: until the traffic, $PLAYING, has ended. PLUGGED says how often.
replug() {
	PLUGGED=0
	while [ -d /proc/"$PLAYING" ] && set_cpu 1 1; do
		sleep 0.2
		set_cpu 1 0 || break
		PLUGGED=$((PLUGGED + 1))
		sleep 0.2
	done
}

# may_have_skipped STATUS: --strict ended it because the kernel skipped a program, for whichever event: the witness knows
# whether it was one of ours. Else the same status again.
may_have_skipped() {
	[ "$1" = 3 ] && grep -q '"lost_kind":"skipped"' /tmp/out &&
		! grep '"event":"lost"' /tmp/out | grep -qv '"lost_kind":"skipped"' && return
	return "$1"
}

# witnessed NAME WAY CONNECTIONS MEANWHILE: a churn.
witnessed() {
	local name=$2/$1 connections=$3 sum
	new_netns
	if ! start_tracer /tmp/out "$2" -w /tmp/rec --strict ${NS:+--netns "$NS"} --buffer 64M; then
		fail "$name" "cannot trace: $(first_line /tmp/out.err)"
	elif ! witness_start /sys/kernel/tracing nested 8192 events 7001 7064; then
		fail "$name" "no witness: ftrace takes no instance with our events"
		stop_tracer
	else
		inside traffic -o /tmp/truth -n "$connections" churn >/tmp/traffic.log 2>&1 &
		PLAYING=$!
		$4
		wait "$PLAYING" || fail "$name" "the traffic did not play: $(tail -n 1 /tmp/traffic.log)"
		sleep 1.1
		witness_stop /tmp/witness >/tmp/why || fail "$name" "$(cat /tmp/why)"
		stop_tracer || may_have_skipped $? ||
			fail "$name" "tcpdwell ended with $?: $(first_line /tmp/out.err)$(grep '"event":"lost"' /tmp/out | head -n 1)"
		tcpdwell -r /tmp/rec --raw -f csv >/tmp/raw.csv
		tcpdwell -r /tmp/rec -f csv >/tmp/lives.csv
		witness_tasks >/tmp/tasks
		witness_weigh /tmp/tasks /tmp/witness 7001 7064 '' /tmp/raw.csv /tmp/lives.csv >/tmp/weighed
		sum=$(sed -n 's/^sum.//p' /tmp/weighed | cut -f 1-5 | tr '\t' ' ')
		judge_witnessed "$name" "$connections" "$sum"
	fi
	end_netns "$NS"
}

# judge_witnessed NAME CONNECTIONS "MOVES TOLD WITHHELD MISSING INVENTED": ten moves a connection, but for the first of a
# child on kernels that do not tell it, and the two of the listener.
judge_witnessed() {
	local moves=${3%% *} on
	on="processors $(cat $CPUS/online)${PLUGGED:+, and 1 came and went $PLUGGED times}"
	if [ "${PLUGGED:-1}" = 0 ]; then
		fail "$1" "no processor came and went"
	elif [ "$3" = "$moves $moves 0 0 0" ] && [ "$moves" -ge $(($2 * 9 + 2)) ] && [ "$moves" -le $(($2 * 10 + 2)) ]; then
		ok "$1" "$moves moves happened on $on, all told"
	else
		fail "$1" "moves, told, withheld, missing, invented: $3 ($on)"
		grep -E '^(missing|invented)' /tmp/weighed | head -n 10 | details
	fi
	PLUGGED=
}

# A TIME-WAIT that lives out its 60 s beside one whose namespace goes. Idle seconds cost nothing here.
test_time_wait() {
	local name=$1/time-wait full gone
	has_netns "$name" || return
	new_netns
	full=$NS
	new_netns
	gone=$NS
	if ! start_tracer /tmp/out "$1" --netns "$full,$gone"; then
		fail "$name" "cannot trace: $(first_line /tmp/out.err)"
	elif ! nsenter -t "$gone" -n traffic -o /tmp/truth.gone netns-gone >/tmp/traffic.log 2>&1; then
		fail "$name" "the traffic did not play: $(tail -n 1 /tmp/traffic.log)"
		stop_tracer
	else
		sleep 0.2
		end_netns "$gone"
		nsenter -t "$full" -n traffic -o /tmp/truth.full time-wait-full >/tmp/traffic.log 2>&1 ||
			fail "$name" "the traffic did not play: $(tail -n 1 /tmp/traffic.log)"
		sleep 1.1
		stop_tracer || fail "$name" "tcpdwell ended with $?: $(first_line /tmp/out.err)"
		judge "$name" "$1" /tmp/truth.gone /tmp/out
		judge "$name" "$1" /tmp/truth.full /tmp/out
	fi
	end_netns "$full"
	end_netns "$gone"
}

# Truth against the kernel's own counters, with room for half the TIME-WAITs only, until the last has run out.
# See tests/live/counters.sh.
test_counters() {
	local name=$1/counters churn=607 room=300 wrong=
	new_netns
	inside sh -c "echo $room >/proc/sys/net/ipv4/tcp_max_tw_buckets"
	if ! start_tracer /tmp/out "$1" ${NS:+--netns "$NS"}; then
		fail "$name" "cannot trace: $(first_line /tmp/out.err)"
	elif ! inside traffic -o /tmp/truth -n $churn churn >/tmp/traffic.log 2>&1; then
		fail "$name" "the traffic did not play: $(tail -n 1 /tmp/traffic.log)"
		stop_tracer
	else
		sleep 70
		inside cat /proc/net/netstat >/tmp/netstat
		inside cat /proc/net/sockstat >/tmp/sockstat
		stop_tracer || fail "$name" "tcpdwell ended with $?: $(first_line /tmp/out.err)"
		grep '"event":"transition"' /tmp/out >/tmp/moves
		same "clients that closed" "$(told '"from":"CLOSED","to":"SYN-SENT"')" $churn
		same "begun" "$(told '"to":"TIME-WAIT"')" "$(tcp_ext TW)"
		same "reused" "$(told '"cause":"reused-conn"')" "$(tcp_ext TWRecycled)"
		same "killed" "$(told '"cause":"killed"')" "$(tcp_ext TWKilled)"
		same "without room" "$(told '"cause":"table-full"')" "$(tcp_ext TCPTimeWaitOverflow)"
		same "ran out" "$(told '"from":"TIME-WAIT","to":"CLOSED".*"dwell_known":"exact","cause":"normal"')" \
			"$(($(tcp_ext TW) - $(tcp_ext TWRecycled)))"
		same "lost" "$(grep -c '"event":"lost"' /tmp/out)" 0
		same "left" "$(sed -n 's/^TCP:.* tw \([0-9]*\) .*/\1/p' /tmp/sockstat)" 0
		if [ -z "$wrong" ] && [ "$(tcp_ext TCPTimeWaitOverflow)" -gt 0 ]; then
			ok "$name" "$(tcp_ext TW) TIME-WAITs, $(tcp_ext TWRecycled) reused, $(tcp_ext TCPTimeWaitOverflow) without room: as TcpExt counts"
		else
			fail "$name" "told of the TIME-WAITs, and in TcpExt:$wrong; $(tcp_ext TCPTimeWaitOverflow) without room"
		fi
	fi
	end_netns "$NS"
}

# same WHAT TOLD HAPPENED: adds to `wrong` of who calls if they are not.
same() { [ "$2" = "$3" ] || wrong="$wrong $1 $2, $3;"; }

# told PATTERN: how many moves of /tmp/moves.
told() { grep -c "$1" /tmp/moves; }

# tcp_ext NAME: that counter, as it was.
tcp_ext() {
	awk -v name="$1" '/^TcpExt:/ {
		if (!seen++) for (i = 1; i <= NF; i++) column[$i] = i
		else print $column[name]
	}' /tmp/netstat
}

# ---- tests of the kernel, whatever the way ----

test_features() {
	if tcpdwell features >/tmp/features 2>&1; then
		ok features "$(awk '/^[a-z]/ { name = $1 } $1 == "chosen" { printf "%s%s by %s", sep, name, $2; sep = ", " }' /tmp/features)"
	else
		fail features "status $?: $(awk '/why:/ { sub(/.*why: /, ""); print; exit }' /tmp/features)"
	fi
	notes </tmp/features
}

# Each program alone before this kernel's verifier: what it costs, or exactly what is refused. run.sh compares these
# lines with verifier/KERNEL.txt.
test_verifier() {
	local status
	verifier /tcpdwell.bpf.o -v >/tmp/verifier
	status=$?
	[ $status -le 1 ] || fail verifier "the helper ended with $status"
	while read -r program verdict words; do
		case $verdict in
		ok) ok verifier "$program: $words instructions" ;;
		refused | unattachable) skip verifier "$program $verdict: $words" ;;
		esac
	done </tmp/verifier
	grep -qE '^[a-z_0-9]+ (refused|unattachable) ' /tmp/verifier && notes </tmp/verifier
}

# Whose is a connection that a forked worker accepts? Known by accept(), long before the worker closes it: by the way that
# is chosen, and by the one that only who names it has.
test_accept() {
	local way
	tcpdwell features -f csv >/tmp/features 2>/dev/null
	way=$(sed -n 's/^accept,\([a-z]*\),chosen,.*/\1/p' /tmp/features)
	case $way in
	fexit | kretprobe) accept_by "$way" ;;
	*) fail "accept-${way:-none}" "neither fexit nor kretprobe works" ;;
	esac
	case $(grep ^accept,syscalls, /tmp/features) in
	*,works,*) accept_by syscalls ;;
	*,refused,2,*) skip accept-syscalls "a kernel without CONFIG_FTRACE_SYSCALLS" ;;
	*) fail accept-syscalls "$(grep ^accept,syscalls, /tmp/features)" ;;
	esac
}

# accept_by WAY
accept_by() {
	local name=accept-$1
	new_netns
	if ! start_tracer /tmp/out auto --accept "$1" ${NS:+--netns "$NS"}; then
		fail "$name" "cannot trace: $(first_line /tmp/out.err)"
	elif ! inside traffic -o /tmp/truth forked >/tmp/traffic.log 2>&1; then
		fail "$name" "the traffic did not play: $(tail -n 1 /tmp/traffic.log)"
		stop_tracer
	else
		sleep 1.1
		stop_tracer || fail "$name" "tcpdwell ended with $?: $(first_line /tmp/out.err)"
		grep '"to":"CLOSE-WAIT"' /tmp/out >/tmp/left
		case $(cat /tmp/left) in
		*'"comm":"fifteen-letters","pid_known":"exact"'*) ok "$name" "the worker is known before it closes" ;;
		*) fail "$name" "the worker is not known: $(cat /tmp/left)" ;;
		esac
	fi
	end_netns "$NS"
}

# Somebody sets the clock, forward by a day and back: times of day follow, dwells do not, and a recording says the same.
test_clock() {
	local before after days
	new_netns
	if ! start_tracer /tmp/out auto ${NS:+--netns "$NS"} -w /tmp/rec; then
		fail clock "cannot trace: $(first_line /tmp/out.err)"
		end_netns "$NS"
		return
	fi
	before=$(date -u +%Y-%m-%d)
	clock_moves
	set_clock 86400
	after=$(date -u +%Y-%m-%d)
	clock_moves
	set_clock -86400
	stop_tracer || fail clock "tcpdwell ended with $?: $(first_line /tmp/out.err)"
	tcpdwell -r /tmp/rec -f json >/tmp/replayed
	grep '"event":"transition"' /tmp/out >/tmp/live.moves
	grep '"event":"transition"' /tmp/replayed >/tmp/recorded.moves
	days=$(sed 's/.*"time":"\([-0-9]*\)T.*/\1/' /tmp/live.moves | uniq | tr '\n' ' ')
	if [ "$days" != "$before $after " ]; then
		fail clock "days of the moves: '$days', not '$before $after '"
	elif ! cmp -s /tmp/live.moves /tmp/recorded.moves; then
		fail clock "the recording tells other times"
	elif ! tail -n 1 /tmp/out | grep -q "\"time\":\"${before}T"; then
		fail clock "the end: $(tail -n 1 /tmp/out | cut -c 1-100)"
	else
		ok clock "moves of $before and $after as the clock was set, also from a recording"
	fi
	end_netns "$NS"
}

# All its moves have been read when this returns.
clock_moves() {
	inside traffic -o /tmp/truth -n 3 churn >/tmp/traffic.log 2>&1
	sleep 0.3
}

# set_clock SECONDS: by so many; noticed when this returns.
set_clock() {
	date -s "@$(($(date +%s) + $1))" >/dev/null
	sleep 0.5
}

# ways: those asked for, or all that this tcpdwell knows.
ways() {
	if ! tcpdwell --help | grep -q -e --timewait; then
		echo auto
	elif [ -n "$WAYS" ]; then
		echo "$WAYS"
	else
		echo fentry kprobe timer sample
	fi
}

# way_works WAY: by `features`. A refusal is a skip, unless this kernel has to have the way.
way_works() {
	local why
	[ "$1" != auto ] || return 0
	tcpdwell features -f csv >/tmp/ways 2>&1
	grep -qE "^time-wait,$1,(chosen|works)" /tmp/ways && return 0
	why=$(grep "^time-wait,$1," /tmp/ways)
	case ,$MUST, in
	*,$1,*) fail "$1" "has to work here: $why" ;;
	*) skip "$1" "refused: $why" ;;
	esac
	return 1
}

# The first way that works is put to all tests, the others to those in which ways differ.
run_tests() {
	local test way first=1 each=
	for test in features verifier accept clock; do
		case " $TESTS " in *" $test "*) "test_$test" ;; esac
	done
	for test in $TESTS; do
		case $test in features | verifier | accept | clock) ;; *) each="$each test_$(echo "$test" | tr - _)" ;; esac
	done
	[ -n "$each" ] || return
	for way in $(ways); do
		way_works "$way" || continue
		for test in $each; do
			case $first-$test in -test_truth_ipv6 | -test_truth_mapped | -test_counters | -test_hotplug | -test_alone) ;; *) "$test" "$way" ;; esac
		done
		first=
	done
}

# What the kernel itself complained about while we were at it. Not of ours: with PREEMPT_RT a packet handed to an idle
# processor raises a softirq in an interrupt's function call, and kernels without threads for the backlog (before 6.10)
# warn of that once.
check_dmesg() {
	dmesg | sed '/WARNING:.* do_softirq_post_smp_call_flush/,/end trace/d' >/tmp/dmesg
	if grep -E 'BUG:|WARNING:|Oops|Call Trace|rcu.*stall|soft lockup' /tmp/dmesg >/tmp/bad; then
		fail kernel "$(first_line /tmp/bad)"
		grep -A 25 -m 1 -E 'BUG:|WARNING:|Oops|Call Trace|rcu.*stall|soft lockup' /tmp/dmesg | notes
	fi
}

echo "NOTE up $(cut -d' ' -f1 /proc/uptime) $(uname -r)"
if [ -n "$INTERACTIVE" ]; then
	echo "busybox, tcpdwell, traffic, verify and verifier are here; exit ends the machine"
	setsid cttyhack sh
elif [ -f /script ]; then
	. /script >/tmp/script.out 2>&1
	notes </tmp/script.out
else
	run_tests
	check_dmesg
fi
echo "NOTE down $(cut -d' ' -f1 /proc/uptime)"
echo END
sync
poweroff -f
