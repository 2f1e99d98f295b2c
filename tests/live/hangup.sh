#!/bin/bash
# hangup.sh - SIGHUP: without a terminal it begins the next recording, of what was renamed (logrotate) or of a ring, and no
# event is lost by it; of what was not renamed, or where something else is, nothing is lost either. With a terminal, or
# without such a file, it ends the run.
. "$(dirname "$0")/live.sh.inc"
needs hangup python3 script setsid || exit 0
can_trace hangup || exit 0
new_netns netns || exit 1
cd "$WORK" || exit 1
OURS=(--netns "$netns")
export LC_ALL=C

# start ARGUMENT...: TRACER, without a terminal; it is ready, or, without a ready file, has looked once.
start() {
	rm -f ready out err
	[[ $1 = stuck ]] || set -- "$@" --ready-file ready
	setsid "$TCPDWELL" "$@" "${OURS[@]}" >out 2>>err &
	TRACER=$!
	on_exit "kill $TRACER 2>/dev/null"
	wait_for 20 test -s "$([ "$1" = stuck ] && echo out || echo ready)" || fail hangup "not ready: $*: $(cat err)"
}
hang_up() { kill -HUP "$TRACER"; }
is_ended() { wait_for 10 sh -c "! kill -0 $TRACER || grep -q '^State:.Z' /proc/$TRACER/status"; }

# ends NAME: by TERM, well.
ends() {
	local status
	kill -TERM "$TRACER"
	wait "$TRACER"
	status=$?
	[ $status = 0 ] || fail hangup "$1: ended with $status: $(cat err)"
}

# told FILE: what makes an event one, of each transition; replayed REC: the same, and a failure if not all can be read.
told() { jq -c 'select(.event == "transition") | [.ts_ns, .socket, .from, .to, .lport, .rport]' "$1" | sort; }
replayed() { "$TCPDWELL" -r "$1" -f json >replayed.json 2>replayed.err || fail hangup "$1: $(cat replayed.err)" >&2; told replayed.json; }

# A connection that is there all the time, and does nothing.
start_idle "$netns" 1
knows_it() { [ "$("$TCPDWELL" stuck -r "$1" -s established -f json | jq -s '[.[] | select(.event == "stuck")] | length')" -ge 2 ]; }

# ---- renamed ----

start trace -f json -w r.rec
for i in 1 2 3; do
	play "$netns" truth -n 401 churn >traffic.log 2>&1 || fail hangup "the traffic did not play: $(tail -n 2 traffic.log)"
	[ $i = 3 ] || { mv r.rec r.rec.$i && hang_up; }
	[ $i = 3 ] || play "$netns" truth -n 401 churn >/dev/null 2>&1
	wait_for 30 test -s r.rec || fail hangup "no new recording: $(ls) $(cat err)"
done
keeper=$(cut -d ' ' -f 1 "/proc/$TRACER/task/$TRACER/children")
ends renamed
told out >live.told
for rec in r.rec.1 r.rec.2 r.rec; do
	replayed "$rec"
	knows_it "$rec" || fail hangup "$rec does not know who was there before it" >&2
done | sort >again.told
# What no event told, a census may have: to a recording, that is how things stood when it began.
jq -c 'select(.event == "transition" and (.cause == "unknown" or (.from == "FIN-WAIT-2" and .to == "TIME-WAIT"))) |
	[.ts_ns, .socket, .from, .to, .lport, .rport]' out | sort >live.by-census
comm -23 live.told again.told >live.only
[ "$(wc -l <live.told)" -ge 5000 ] && [ -z "$(comm -13 live.told again.told)" ] && [ -z "$(comm -23 live.only live.by-census)" ] &&
	ok hangup "renamed twice: three whole recordings hold the $(wc -l <live.told) transitions told live, but for $(wc -l <live.only) that no event told" ||
	fail hangup "live and recordings differ: $(diff live.told again.told | head -6 | tr '\n' ' ') of $(wc -l <live.told) and $(wc -l <again.told)"
[ "$(stat -c '%a %U' r.rec)" = "600 root" ] && [ ! -s err ] && ok hangup "the new one is for its owner alone" || fail hangup "$(stat -c '%a %U' r.rec) $(cat err)"
[ ! -e "/proc/$keeper" ] && ok hangup "who opened it is gone, too" || fail hangup "process $keeper is still there"

# ---- what it must not do ----

# not_begun NAME WHY: it says why, once, and goes on.
not_begun() {
	hang_up
	wait_for 30 test -s err
	sleep 0.3
	kill -0 "$TRACER" && grep -q "^warning: cannot begin a new recording 'r.rec': $2" err && [ "$(grep -cv ^hint err)" = 1 ] && ok hangup "$1: $(head -1 err)" ||
		fail hangup "$1: $(cat err)"
	: >err
}
rm -f r.rec*
start hist -w r.rec
not_begun "not renamed" "it has not been renamed"
mv r.rec old.rec
echo precious >r.rec
not_begun "something else there" "something else is there"
ln -sf "$WORK/elsewhere" r.rec
not_begun "a link" "Too many levels of symbolic links"
rm r.rec && mkfifo r.rec
not_begun "a FIFO" "No such device"
rm r.rec && mkdir r.rec
not_begun "a folder" "Is a directory"
play "$netns" truth active-close >/dev/null 2>&1
# As logrotate's `create` makes it.
rmdir r.rec && install -m 640 -g 12345 /dev/null r.rec
hang_up
wait_for 30 test -s r.rec || fail hangup "made for it: $(cat err)"
play "$netns" truth active-close >/dev/null 2>&1
ends "made for it"
n=$(replayed old.rec | wc -l) m=$(replayed r.rec | wc -l)
[ "$n" -gt 5 ] && [ "$m" -gt 5 ] && [ "$(stat -c '%a %g' r.rec)" = "640 12345" ] && [ ! -e elsewhere ] && [ ! -s err ] &&
	ok hangup "a file that was made for it is filled ($m transitions), and stays whose it is; the old one has $n" ||
	fail hangup "made for it: $n and $m transitions, $(stat -c '%a %g' r.rec) $(cat err)"

# A link stays one: what it leads to is begun anew.
mkdir -p there && ln -s there/deep.rec link.rec
start hist -w link.rec
mv there/deep.rec there/old.rec && hang_up
wait_for 30 test -s there/deep.rec && [ -L link.rec ] && ok hangup "a link stays one" || fail hangup "a link: $(ls -l . there) $(cat err)"
ends "a link"
replayed there/deep.rec >/dev/null
replayed there/old.rec >/dev/null

# ---- who opens it ----

mkdir theirs ours
chown 54321 theirs
chmod 700 theirs
for folder in ours theirs; do
	start hist -w $folder/r.rec
	keeper=$(cut -d ' ' -f 1 "/proc/$TRACER/task/$TRACER/children")
	mv $folder/r.rec $folder/1.rec && hang_up
	wait_for 30 test -s $folder/r.rec || fail hangup "in $folder: $(ls $folder) $(cat err)"
	got="$(sed -nE 's/^(CapEff|CapPrm|NoNewPrivs):\s*0*(.)/\2/p' "/proc/$keeper/status" | tr '\n' ' ')$(readlink /proc/"$keeper"/fd/* | sed -E 's/:.*//' | tr '\n' ' ')"
	ends "in $folder"
	want="$([ $folder = ours ] && echo "0 0 1 socket" || echo "a a 1 socket") "
	[ "$got" = "$want" ] && ok hangup "in $folder, who opens it has capabilities, no-new-privs, files: $got" || fail hangup "in $folder: $got, not $want"
done

# ---- a ring, and looks ----

start hist -w ring --rotate 1h
play "$netns" truth active-close >/dev/null 2>&1
hang_up
wait_for 30 test -e ring.000001 && sleep 1.2 && hang_up && wait_for 30 test -e ring.000002 && ok hangup "--rotate 1h: the next begins at once" ||
	fail hangup "--rotate: $(ls ring*) $(cat err)"
ends "--rotate"
for rec in ring.00000{1,2,3}; do
	replayed "$rec" >/dev/null
	knows_it "$rec" || fail hangup "$rec does not know who was there before it"
done

start stuck --watch -i 1h -f json -w looks.rec -s established
mv looks.rec looks.1 && hang_up
wait_for 30 test -s looks.rec && ends "stuck --watch" && knows_it looks.rec && knows_it looks.1 && [ "$(grep -c '"event":"census"' out)" = 2 ] &&
	ok hangup "stuck --watch: looks again, at once, into the new one" || fail hangup "stuck --watch: $(cat err)"

# ---- where it ends a run ----

# by_hangup NAME: it has to end, well.
by_hangup() {
	local status
	hang_up
	is_ended && wait "$TRACER"
	status=$?
	[ $status = 0 ] && ok hangup "$1: ends" || fail hangup "$1: status $status $(cat err)"
}
start hist
by_hangup "no file"
[ -s out ] || fail hangup "no histograms"
start report page.html
by_hangup "a report"
[ -s page.html ] || fail hangup "no report"
start stuck --watch
by_hangup "stuck --watch without a file"
mkfifo pipe
cat pipe >piped &
start hist -w pipe
by_hangup "-w into a pipe"
wait $! 2>/dev/null
"$TCPDWELL" -r piped >/dev/null 2>err || fail hangup "-w into a pipe: $(cat err)"

# on_terminal: TRACER has one, whose other end is SCRIPT's.
on_terminal() {
	rm -f ready t.rec
	script -qec "exec $TCPDWELL hist -w t.rec --ready-file ready --netns $netns" /dev/null </dev/null >out 2>&1 &
	SCRIPT=$!
	disown $SCRIPT # whose end is no news
	on_exit "kill $SCRIPT 2>/dev/null"
	wait_for 20 test -s ready && TRACER=$(cat ready) || fail hangup "not ready: $(cat out)"
}
for how in "kill -HUP" "the terminal goes"; do
	on_terminal
	[ "$how" = "kill -HUP" ] && hang_up || kill -KILL $SCRIPT
	is_ended && replayed t.rec >/dev/null && ok hangup "with a terminal, $how: ends, and the recording is whole" || fail hangup "with a terminal, $how: $(cat out)"
done
exec {IDLE}>&-
