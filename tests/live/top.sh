#!/bin/bash
# `top` as a person uses it: in a terminal, driven by keys, before sockets that are really stuck. What it shows, what each
# key does, what happens when the terminal changes its size, and that the terminal is as before, however it ends.
. "$(dirname "$0")/live.sh.inc"

"$TCPDWELL" -q stuck >/dev/null 2>"$WORK/err" || { skip top "cannot look at sockets here: $(head -1 "$WORK/err")"; exit; }
can_trace top || exit 0
needs top tmux python3 || exit 0
new_netns netns || { fail top "no network namespace"; exit 1; }
SOCKET=tcpdwell-$$
on_exit "tmux -L $SOCKET kill-server 2>/dev/null"
export LC_ALL=C.UTF-8 TERM=xterm

mkfifo "$WORK/stop"
ip netns exec "$netns" "$BUILD/trouble" - <"$WORK/stop" >"$WORK/cases" 2>"$WORK/cases.err" &
exec 3>"$WORK/stop"
wait_for 30 grep -q '^ready' "$WORK/cases" || { fail top "the cases did not play: $(cat "$WORK/cases.err")"; exit 1; }

# ---- the terminal ----

pane() { tmux -L "$SOCKET" "$@" 2>>"$WORK/tmux.err"; }
keys() { pane send-keys "$@"; }
screen() { pane capture-pane -p >"$WORK/screen"; }
shows() { screen && grep -qE -- "$1" "$WORK/screen"; }
hides() { screen && ! grep -qE -- "$1" "$WORK/screen"; }

has_rows() { screen && [ "$(wc -l <"$WORK/screen")" = "$1" ] && shows '^\? help'; }

# sees NAME PATTERN: it is on the screen before long.
sees() {
	if wait_for 15 shows "$2"; then
		ok top "$1: $(grep -oE -m1 -- "$2" "$WORK/screen" | tr -s ' ')"
	else
		fail top "$1: '$2' is not on the screen"
		sed 's/^/    /' "$WORK/screen"
		return 1
	fi
}

# sees_not NAME PATTERN
sees_not() {
	if wait_for 15 hides "$2"; then
		ok top "$1"
	else
		fail top "$1: $(grep -E -m1 -- "$2" "$WORK/screen")"
	fi
}

# start OPTION...: in a shell of its own, whose prompt says with what status it ended.
start() {
	rm -f "$WORK/ready"
	keys "clear; stty -a >$WORK/stty.before; $TCPDWELL top --ready-file $WORK/ready $* 2>$WORK/top.err; echo status \$?; stty -a >$WORK/stty.after" Enter
	wait_for 20 test -s "$WORK/ready" || { fail top "was not ready: $(screen; cat "$WORK/screen" "$WORK/top.err")"; return 1; }
	wait_for 15 shows '^tcpdwell top|^[a-z0-9.-]+ .*[0-9][0-9]:[0-9][0-9]$'
}

# of_terminal: alternate screen, cursor, application keys.
of_terminal() { pane display-message -p '#{alternate_on} #{cursor_flag} #{keypad_cursor_flag}#{keypad_flag}'; }
the_pid() { pane list-panes -F '#{pane_pid}' | xargs -I{} pgrep -n -P {} -x tcpdwell; }
is_over() { shows '^status [0-9]+'; }

# is_restored NAME STATUS
is_restored() {
	wait_for 15 is_over && wait_for 5 test -s "$WORK/stty.after" || { fail top "$1: does not end"; return; }
	local status
	status=$(sed -n 's/^status //p' "$WORK/screen")
	[ "$status" = "$2" ] && cmp -s "$WORK/stty.before" "$WORK/stty.after" && [ "$(of_terminal)" = "0 1 00" ] &&
		ok top "$1: status $2, the terminal is as before" ||
		fail top "$1: status $status, not $2; '$(of_terminal)' is not '0 1 00'; $(diff "$WORK/stty.before" "$WORK/stty.after")"
	rm -f "$WORK/stty.after"
}

pane -f /dev/null new-session -d -x 80 -y 24 "PS1='\$ ' bash --norc --noprofile" || { fail top "no tmux session"; exit 1; }
wait_for 10 shows '^\$'

# ---- what is seen ----

start "--netns $netns -i 500ms" || exit 1
sees "header" '^tcpdwell top  .* every 500ms +[0-9:]{8}$'
sees "losses" 'network namespace, dwells since [0-9:]{8} +(nothing lost|up to [0-9]+ skipped)$'
sees "time-wait" '^time-wait: .*'
sees "census" '^CLOSE-WAIT +[1-9][0-9]* .* >=[0-9.]+m?s$'
sees "list" '^>[A-Z].* >?=?[0-9.]+m?s +[0-9]+ '
sees "why" '^why:  [a-z].*'
sees "next" '^next: [a-z].*'
[ "$(of_terminal)" = "1 0 11" ] && ok top "alternate screen, no cursor" || fail top "terminal: $(of_terminal)"

# Where there is room for all of them.
pane resize-window -x 80 -y 50
sees "stuck" '^[> ]CLOSE-WAIT +>=[0-9.ms]+ +[0-9]+ +[0-9]+ +[0-9]+ receiver\[[0-9]+\] +close-wait-held'

# The same numbers of sockets as ss has. One of the cases comes and goes, which leaves a TIME-WAIT each time.
as_ss() {
	ip netns exec "$netns" ss -tanH | awk '{ sub("ESTAB$", "ESTABLISHED", $1); sub("SYN-RECV", "SYN-RECEIVED", $1); n[$1]++ }
		END { for (s in n) if (s != "TIME-WAIT") print s, n[s] }' | sort >"$WORK/theirs"
	screen
	sed -n '/^STATE .*NOW/,/^ STATE/p' "$WORK/screen" | awk '/^[A-Z]/ && !/^STATE/ && $1 != "TIME-WAIT" { print $1, $2 }' | sort >"$WORK/ours"
	cmp -s "$WORK/theirs" "$WORK/ours"
}
wait_for 10 as_ss && ok top "counts as ss: $(tr '\n' ' ' <"$WORK/ours")" ||
	fail top "ss: $(tr '\n' ' ' <"$WORK/theirs") top: $(tr '\n' ' ' <"$WORK/ours")"

# Events are counted while it looks on.
play "$netns" "$WORK/truth" -n 5 active-close >/dev/null 2>&1 || fail top "the traffic did not play"
sees "events" '^FIN-WAIT-1 +[0-9]+ +[0-9.]+ +[1-9][0-9]* +[0-9.]+[um]s '

# ---- keys ----

keys '?'
sees "?" '^q +quit$'
keys x
sees "back" '^ STATE +AGE'
keys Down Down
third_is_marked() { screen && awk '/^ STATE/ { head = NR } /^>/ { mark = NR } END { exit !(head && mark == head + 3) }' "$WORK/screen"; }
wait_for 5 third_is_marked || fail top "down: the third is not marked"
keys Home Enter
sees "details" '^held by  .*descriptor [0-9]+|^owner '
sees "details, next" '^next     [a-z]+ .*'
keys Escape
sees "back from details" '^ STATE +AGE'
keys s
sees "s" 's sort: count'
keys s s s
sees "sort: age" 's sort: age'
keys g g g g
sees "g" 'g group: comm'
sees "by comm" '^[> ]CLOSE-WAIT .*receiver +receiver'
keys -l gggggg
sees "group: alike" 'g group: alike'
keys +
sees "+" 'looks every 1s'
keys -
sees "-" 'looks every 500ms'

# The same queues as ss has; that it counts by address and port shows where several listen on one.
queues_as_ss() {
	ip netns exec "$netns" ss -4Htln | awk '{ now[$4] += $2; max[$4] += $3 } END { for (at in now) print at, now[at], max[at] }' | sort >"$WORK/theirs"
	screen
	awk '/^[0-9.]+:[0-9]+ / { print $1, $2, $3 }' "$WORK/screen" | sort >"$WORK/ours"
	[ -s "$WORK/ours" ] && cmp -s "$WORK/theirs" "$WORK/ours"
}
sees "accept queues" '^accept queues: .* a: all$'
keys a
sees "a" '^LISTENER +NOW +MAX +PEAK +OLDEST +p50 +p99 +max'
wait_for 10 queues_as_ss && ok top "queues as ss: $(wc -l <"$WORK/ours") listeners, $(awk '{ n += $2 } END { print n }' "$WORK/ours") wait" ||
	fail top "queues: $(diff "$WORK/theirs" "$WORK/ours" | tr '\n' ' ')"
keys Escape
sees "back from the queues" '^ STATE +AGE'

pane resize-window -x 80 -y 24
wait_for 10 has_rows 24
keys p
sees "p" 'PAUSED'
screen
cp "$WORK/screen" "$WORK/paused"
keys -l j
wait_for 5 shows '^>' && keys -l k
play "$netns" "$WORK/truth" -n 3 active-close >/dev/null 2>&1
sleep 1.2
screen
cmp -s "$WORK/paused" "$WORK/screen" && ok top "paused: stands still" || fail top "paused: $(diff "$WORK/paused" "$WORK/screen" | head -5)"
ended() { awk '/^FIN-WAIT-1 / { print $4 }' "$WORK/$1"; }
keys p
sees_not "goes on" 'PAUSED'
more() { screen && [ "$(ended screen)" -gt "$(ended paused)" ]; }
wait_for 10 more && ok top "what happened meanwhile was counted: $(ended paused), then $(ended screen)" || fail top "FIN-WAIT-1: $(ended paused), then $(ended screen)"

keys f
sees "f" "^filter: --netns $netns"
[ "$(pane display-message -p '#{cursor_flag}')" = 1 ] && ok top "f: the cursor is seen" || fail top "f: no cursor"
keys C-u
keys -l -- '--port 99999'
keys Enter
sees "wrong filter" "^error: --port '99999': port 99999 is not within 1-65535"
keys Escape
sees "the old filter stays" "^filter: --netns $netns *$"
keys f C-u
keys -l -- '-c receiver -s close-wait'
keys Enter
sees "filtered" '^1 socket in 1 network namespace'
sees "filter in the header" "^filter: -c receiver -s close-wait; of what the kernel was"
sees_not "others are gone" 'trouble\['
keys f C-u
keys -l -- '--for 1h'
keys Enter
sees "nothing that old" '^nothing that the filter shows is stuck'
keys f C-u Enter
sees "no filter" 'trouble\['

# ---- another size ----

pane resize-window -x 40 -y 10
sees "40x10" '^CLOSE-WAIT [0-9]+  FIN-WAIT-2 [0-9]+'
wait_for 5 shows '^\? help'
[ "$(wc -l <"$WORK/screen")" = 10 ] && ! grep -qE '.{41}' "$WORK/screen" && ok top "40x10: all in its place" || fail top "40x10: $(cat "$WORK/screen")"
pane resize-window -x 80 -y 24
sees "80x24 again" '^STATE +NOW +IN/s +ENDED +p50 +p90 +p99 +max +OLDEST'

# ---- the end ----

grep -q '^NoNewPrivs:.*1' "/proc/$(the_pid)/status" && ok top "keeps $(grep CapEff "/proc/$(the_pid)/status" | tr -s '\t' ' ')" || fail top "privileges were not given up"
before=$(awk '{ print $14 + $15 }' "/proc/$(the_pid)/stat")
sleep 3
after=$(awk '{ print $14 + $15 }' "/proc/$(the_pid)/stat")
ok top "at rest, looking twice a second: $((after - before)) ticks of 10 ms in 3 s"
keys q
is_restored "q" 0

# ---- how long connections wait for accept() ----

find_accept_way
mkfifo "$WORK/go"
ip netns exec "$netns" python3 "$TESTS/live/accept_wait.py" serve "$WORK/waits" <"$WORK/go" >"$WORK/server" 2>"$WORK/server.err" &
on_exit "kill $! 2>/dev/null"
exec {GO}>"$WORK/go"
wait_for 20 grep -q ^ready "$WORK/server" || fail top "no server: $(tail -3 "$WORK/server.err")"
pane resize-window -x 110 -y 24
start "--netns $netns -i 500ms -L 7461 ${WAY[*]}" && {
	keys a
	sees "queue: nobody yet" '^127.0.0.1:7461 +0 +128 .*'
	echo >&"$GO"
	if [ -n "$SEES" ]; then
		sees "queue: 475 waited" '^127.0.0.1:7461 +0 +128 +[0-9?]+ +0 +- +475 +[0-9.]+[num]?s .*'
	else
		sees "queue: nothing tells how long" '^127.0.0.1:7461 +0 +128 +[?] +0 +- +[?] +[?] +[?].*'
	fi
	wait_for 20 grep -q ^burst "$WORK/server" && echo >&"$GO"
	wait_for 20 grep -q ^reset "$WORK/server" && echo >&"$GO"
	if [ -n "$SEES" ]; then
		sees "queue: 7 wait" '^127.0.0.1:7461 +7 +128 +[0-9?]+ +0 +[0-9.]+m?s +485 .*'
		keys x
		sees "queue: the line" '^accept queues: 127.0.0.1:7461 7 of 128, oldest [0-9.]+m?s, (peak [0-9]+, )?p50 [0-9.]+[um]s .*a: all$'
	else
		sees "queue: 7 wait" '^127.0.0.1:7461 +7 +128 +[?] +0 +[?] +[?] .*'
	fi
	keys q
	is_restored "q" 0
}
exec {GO}>&-
pane resize-window -x 80 -y 24
for signal in TERM INT HUP; do
	start "--netns $netns" || continue
	kill -$signal "$(the_pid)"
	is_restored "SIG$signal" 0
done
start "--netns $netns" && keys C-c && is_restored "Ctrl-C" 0
# Not in order: it ends by that signal, the terminal is as before.
for signal in SEGV:139 ABRT:134 QUIT:131; do
	start "--netns $netns" || continue
	kill -"${signal%:*}" "$(the_pid)"
	is_restored "SIG${signal%:*}" "${signal#*:}"
done
# One that asks comes while it cannot listen; the second one ends it. No shell is to notice the stop.
keys 'set +m' Enter
start "--netns $netns" && {
	pid=$(the_pid)
	kill -STOP "$pid" && kill -TERM "$pid" && kill -CONT "$pid" && kill -TERM "$pid" 2>/dev/null
	wait_for 15 is_over && wait_for 5 test -s "$WORK/stty.after"
	cmp -s "$WORK/stty.before" "$WORK/stty.after" && [ "$(of_terminal)" = "0 1 00" ] && ok top "SIGTERM twice: $(grep status "$WORK/screen")" ||
		fail top "SIGTERM twice: '$(of_terminal)', $(cat "$WORK/screen")"
	rm -f "$WORK/stty.after"
}
keys 'set -m' Enter
# The shell has the terminal again when it is asked to end.
start "--netns $netns" && {
	pid=$(the_pid)
	kill -STOP "$pid"
	wait_for 10 is_over && wait_for 5 test -s "$WORK/stty.after"
	kill -TERM "$pid" && kill -CONT "$pid"
	wait_for 10 sh -c "! grep '^State:.[^Z]' /proc/$pid/status" && ok top "SIGTERM in the background: it ends" ||
		fail top "SIGTERM in the background: $(grep ^State "/proc/$pid/status")"
	kill -KILL "$pid" 2>/dev/null
	keys Enter
	rm -f "$WORK/stty.after"
}
# The shell's job control: by Ctrl-Z, and by a signal that no program can catch. The screen is smaller when it goes on.
# same_settings: but for the size.
same_settings() { cmp -s <(grep -v ^speed "$WORK/stty.before") <(grep -v ^speed "$WORK/stty.after"); }
# job_control NAME HOW...
job_control() {
	start "--netns $netns" || return
	wait_for 10 shows '^\? help'
	"${@:2}"
	wait_for 10 shows 'Stopped' && wait_for 5 test -s "$WORK/stty.after" || { fail top "$1: not stopped"; return; }
	# What SIGSTOP leaves is what the shell makes of it.
	[ "$1" = SIGSTOP ] || { same_settings && [ "$(of_terminal)" = "0 1 00" ]; } &&
		ok top "$1: the shell's again" || fail top "$1: '$(of_terminal)' $(diff "$WORK/stty.before" "$WORK/stty.after")"
	rm -f "$WORK/stty.after"
	pane resize-window -x 70 -y 22
	keys "stty ${4:-} >/dev/null; stty -a >$WORK/stty.before; fg; stty -a >$WORK/stty.after" Enter
	sees "$1, fg" '^\? help .*'
	wait_for 5 has_rows 22
	keys -l '?'
	sees "$1, fg: keys" '^q +quit$'
	keys -l x
	sees "$1, fg: keys" '^ STATE +AGE'
	wait_for 5 hides 'Stopped|tcpdwell top --ready|[$] ' && [ "$(of_terminal)" = "1 0 11" ] && ok top "$1, fg: the whole screen" ||
		fail top "$1, fg: $(of_terminal) $(cat "$WORK/screen")"
	keys -l q
	wait_for 10 test -s "$WORK/stty.after"
	same_settings && [ "$(of_terminal)" = "0 1 00" ] && ok top "$1, fg, q: the terminal is as before" ||
		fail top "$1, fg, q: '$(of_terminal)' $(diff "$WORK/stty.before" "$WORK/stty.after")"
	rm -f "$WORK/stty.after"
	keys "stty sane" Enter
	pane resize-window -x 80 -y 24
}
stop_it() { kill -"$1" "$(the_pid)"; }
job_control Ctrl-Z keys C-z
job_control SIGTSTP stop_it TSTP -ixon
job_control SIGSTOP stop_it STOP -ixon
# The terminal goes away.
start "--netns $netns" && {
	pid=$(the_pid)
	pane kill-server
	# Nobody may be there to wait for it.
	wait_for 10 sh -c "! grep '^State:.[^Z]' /proc/$pid/status" && ok top "without its terminal it ends" ||
		fail top "without its terminal it goes on: $(grep -E '^(State|Sig|Shd)' "/proc/$pid/status" | tr '\t\n' ' ;') in $(cat "/proc/$pid/wchan" "/proc/$pid/syscall")"
}
exec 3>&-
