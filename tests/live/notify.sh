#!/bin/bash
# notify.sh - a service manager hears (sd_notify(3)) that tcpdwell is ready, what it does, that it goes on and that it ends:
# from the process that does the work, and nothing once that hangs. And what SIGHUP means to whom.
. "$(dirname "$0")/live.sh.inc"
needs notify python3 script setsid || exit 0
can_trace notify || exit 0
new_netns netns || exit 1
cd "$WORK" || exit 1
OURS=(--netns "$netns")

# hear ADDRESS [COMMAND...]: from here on, what is told there goes to $WORK/heard; COMMAND runs who listens.
hear() {
	ADDRESS=$1
	shift
	[ -z "${EAR-}" ] || { kill "$EAR"; wait "$EAR" 2>/dev/null; }
	rm -f heard ear "$WORK/socket"
	"$@" python3 "$TESTS/live/notify.py" "$ADDRESS" heard ready >ear 2>&1 &
	EAR=$!
	on_exit "kill $EAR 2>/dev/null"
	wait_for 10 grep -q listening ear || fail notify "the test cannot listen at '$ADDRESS': $(cat ear)"
}

# told PATTERN: how many messages are like that; has_told PATTERN: is one?
told() { grep -cE -- "$1" heard; }
has_told() { [ "$(told "$1")" != 0 ]; }
all_told() { cut -d ' ' -f 3- heard | sort | uniq -c | tr -s ' \n' ' ;'; }

# begin [NAME=VALUE...] -- ARGUMENT...: TRACER, with these and where to tell in its environment; it is ready.
begin() {
	local environment=()
	while [ "$1" != -- ]; do
		environment+=("$1")
		shift
	done
	shift
	rm -f ready
	env --default-signal=INT NOTIFY_SOCKET="$ADDRESS" "${environment[@]}" "${BY[@]}" "$TCPDWELL" "$@" "${OURS[@]}" >out 2>err &
	TRACER=$!
	on_exit "kill $TRACER 2>/dev/null"
	wait_for 20 has_told ' READY=1' || fail notify "$*: told nothing within 20 s: $(head -c 400 heard err)"
}
BY=()

# ends SIGNAL NAME: well, and says so, once.
ends() {
	local status
	kill -"$1" "$TRACER"
	wait "$TRACER"
	status=$?
	[ $status = 0 ] && wait_for 2 has_told ' STOPPING=1' && [ "$(told STOPPING) $(told READY)" = "1 1" ] && [ ! -s other ] ||
		fail notify "$2: ended with $status: $(all_told) $(cat err)"
}

# ---- every command that goes on, at both kinds of address ----

# beats LEAST: since READY, WATCHDOG came this often at least, never sooner than after half of a second (the clock of the test
# may be late, once), and, but for a loaded machine, within the second.
beats() {
	awk -v least="$1" '/READY=1|WATCHDOG=1/ { if (at && $1 - at < 400) soon++; if (at && $1 - at >= 1000) late++; if (at) n++; at = $1 }
		END { printf "%d of WATCHDOG, %d too soon, %d too late", n, soon, late; exit n < least || soon > 1 || late > 1 }' heard
}

while IFS=';' read -r name status arguments; do
	for address in "$WORK/socket" "@tcpdwell-test-$$"; do
		hear "$address"
		read -ra words <<<"$arguments"
		watchdog=()
		[ "$address" != "$WORK/socket" ] || watchdog=(WATCHDOG_USEC=1000000)
		begin "${watchdog[@]}" -- "${words[@]}"
		line=$(grep -m 1 READY=1 heard)
		# shellcheck disable=SC2053 # a pattern
		[[ ${line#* } = $TRACER\ READY=1\|STATUS=$status ]] && ok notify "$name, at ${address:0:1}: ${line#* * }" ||
			fail notify "$name, at ${address:0:1}: of $TRACER not '$status': '$line'"
		if [ ${#watchdog[@]} = 0 ]; then
			ends TERM "$name"
			! has_told WATCHDOG || fail notify "$name: WATCHDOG, which nobody asked for"
		else
			sleep 2.2
			said=$(beats 3) && ok notify "$name: $said in 2 s" || fail notify "$name: $said in 2 s"
			ends TERM "$name"
		fi
	done
done <<-END
	serve;listening on http://127.0.0.1:*/metrics|(file);serve 127.0.0.1:0 --ready-file ready
	trace;tracing|(file);trace --ready-file ready
	hist;tracing, recording to 'a.rec'|(file);hist -w a.rec --rotate 1h --ready-file ready
	report;tracing|(file);report page.html --ready-file ready
	stuck --watch;looking again and again|(no file);stuck --watch -i 1h
END

# On a terminal.
hear "@tcpdwell-test-$$"
rm -f ready
NOTIFY_SOCKET=$ADDRESS WATCHDOG_USEC=1000000 script -qec "exec $TCPDWELL top --ready-file ready ${OURS[*]}" /dev/null </dev/null >screen 2>&1 &
on_exit "kill $! 2>/dev/null"
wait_for 20 has_told 'READY=1.STATUS=on the screen.\(file\)$' && sleep 2.2 && kill -TERM "$(cat ready)" && wait $! && wait_for 2 has_told STOPPING=1 && said=$(beats 3) &&
	ok notify "top: $said in 2 s" || fail notify "top: $(all_told) $(cat screen)"

# ---- a watchdog ----

# Of the process alone that works: what hangs is silent.
hear @tcpdwell-test-$$
begin WATCHDOG_USEC=400000 WATCHDOG_PID=1 -- hist
sleep 1
! has_told WATCHDOG && ok notify "WATCHDOG_PID of somebody else: silent" || fail notify "WATCHDOG_PID of somebody else: $(all_told)"
ends TERM "WATCHDOG_PID"

hear @tcpdwell-test-$$
# shellcheck disable=SC2016 # is for the other shell
BY=(sh -c 'WATCHDOG_PID=$$ exec "$@"' sh)
begin WATCHDOG_USEC=400000 -- trace -w a.rec --rotate 1h
BY=()
wait_for 5 has_told WATCHDOG || fail notify "WATCHDOG_PID of ours: $(all_told)"
kill -STOP "$TRACER"
sleep 0.5
before=$(wc -l <heard)
sleep 2
[ "$(wc -l <heard)" = "$before" ] && ok notify "stopped: silent for 2 s, after $before messages" || fail notify "stopped: told $(all_told)"
kill -CONT "$TRACER"
sleep 1
[ "$(wc -l <heard)" -gt $((before + 1)) ] && ok notify "continued: WATCHDOG again" || fail notify "continued: silent"
# Of the two other processes none is heard, or could be.
others=$(awk -v pid="$TRACER" '$2 != pid' heard)
pids=$(cat "/proc/$TRACER/task/$TRACER/children")
sockets=$(for pid in $pids; do readlink "/proc/$pid"/fd/* | grep -c ^socket; done | tr '\n' ' ')
[ -z "$others" ] && [ "$sockets" = "1 1 " ] && ok notify "its other processes have no socket but that which leads to it" ||
	fail notify "of others: $others; sockets of $pids: $sockets"
ends TERM "stopped and continued"

# A look that takes long, since it hardly gets to run: the watchdog is served on the way.
new_netns many && start_trouble "$many" cases many 10000 || exit 1
hear @tcpdwell-test-$$
OURS=(--netns "$many")
begin WATCHDOG_USEC=400000 -- stuck --watch -i 100ms -f json -s listen
python3 -c '
import os, signal, sys, time
for _ in range(120):
    os.kill(int(sys.argv[1]), signal.SIGSTOP)
    time.sleep(0.095)
    os.kill(int(sys.argv[1]), signal.SIGCONT)
    time.sleep(0.005)' "$TRACER" &
slow=$!
on_exit "kill -CONT $TRACER 2>/dev/null; kill $slow 2>/dev/null"
from=$(grep -c '"event":"census"' out) heard_from=$(told WATCHDOG)
wait "$slow"
looks=$(($(grep -c '"event":"census"' out) - from)) beats=$(($(told WATCHDOG) - heard_from))
# Between two looks there is room for one or two.
[ $beats -ge $((4 * (looks + 1))) ] && ok notify "$looks slow looks: $beats of WATCHDOG" || fail notify "$looks slow looks: $beats of WATCHDOG"
ends TERM "slow looks"
OURS=(--netns "$netns")

# ---- nobody hears ----

# unheard NAME ADDRESS WHY: is told once, and is no failure.
unheard() {
	local status begun=$SECONDS
	NOTIFY_SOCKET=$2 WATCHDOG_USEC=100000 timeout 60 "$TCPDWELL" hist -d 1 "${OURS[@]}" >out 2>err
	status=$?
	[ $status = 0 ] && [ "$(grep -c '^warning: cannot tell the service manager' err)" = 1 ] && grep -q "$3" err && [ "$(grep -cv ^warning err)" = 0 ] &&
		ok notify "$1: $(cat err)" || fail notify "$1: status $status after $((SECONDS - begun)) s: $(cat err)"
}
unheard "no such socket" "$WORK/nowhere" "at $WORK/nowhere: No such file or directory"
unheard "no such name" "@tcpdwell-nobody-$$" 'Connection refused'
unheard "another kind of address" vsock:2:1 'Address family not supported'
unheard "a long address" "/$(printf 'x%.0s' {1..108})" 'Address family not supported'
# As many messages wait as its namespace allows: 10 in a new one (net.unix.max_dgram_qlen).
hear "$WORK/socket" unshare -n
kill -STOP "$EAR"
unheard "it takes nothing" "$WORK/socket" 'Resource temporarily unavailable'
kill -CONT "$EAR"
hear "$WORK/socket"
begin WATCHDOG_USEC=200000 -- hist
kill "$EAR"
sleep 2.5
kill -TERM "$TRACER"
wait "$TRACER"
status=$?
[ $status = 0 ] && [ "$(grep -c . err)" = 1 ] && grep -q '^warning: cannot tell the service manager: ' err && ok notify "it goes: $(cat err)" ||
	fail notify "it goes: status $status: $(cat err)"
EAR=
