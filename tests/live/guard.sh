#!/bin/bash
# guard.sh - records always, within bounds, and keeps what was before and after a condition began to hold, and nothing of a
# healthy load. Killed at random moments or on a full disk, what it leaves replays, a folder as one. KILLS and DISKS are how
# many; `make kills` has many.
. "$(dirname "$0")/live.sh.inc"
can_trace guard || exit 0
KILLS=${KILLS:-8} DISKS=${DISKS:-3}
new_netns netns || exit 1
cd "$WORK" || exit 1
shopt -s nullglob
SEED=${SEED:-$$}
RANDOM=$SEED
note guard "SEED=$SEED"

# guard ARGUMENT...: begins one, to ./box.
start_guard() { start_tracer out guard -w box --netns "$netns" -i 500ms --patience 1s "$@"; }

# Ends once `gone` is there.
cat >leak.py <<'EOF'
import os, socket, sys, time
listener = socket.create_server(("127.0.0.1", 7046))
kept = []
for _ in range(int(sys.argv[1])):
    client = socket.create_connection(("127.0.0.1", 7046))
    kept.append(listener.accept()[0])
    client.close()
    kept[-1].recv(1)
while not os.path.exists("gone"):
    time.sleep(0.05)
EOF
leak() {
	rm -f gone
	ip netns exec "$netns" python3 leak.py "$1" &
	LEAK=$!
	on_exit "kill $LEAK 2>/dev/null"
}
end_leak() {
	touch gone
	wait $LEAK
}

healthy() { play "$netns" truth -n 31 churn >traffic.log 2>&1 || fail guard "the traffic did not play: $(tail -n 2 traffic.log)"; }

# whole FOLDER: what is there replays, without a word, but for what is still written to.
whole() {
	"$TCPDWELL" -r "$1" -f json >again.json 2>err
	local status=$?
	WHY="status $status, $(grep -c '"transition"' again.json) transitions: $(head -c 300 err)"
	[ $status = 0 ] && ! grep -v '^warning: recording .*\.part. is incomplete: ' err >/dev/null
}

# ---- an incident ----

start_guard --keep 20s --on close-wait-leak --on 'time-wait > 100000' --after 2s || exit 1
for _ in {1..12}; do
	healthy
	sleep 0.3
done
all=(box/*)
none=(box/incident-*)
[ ${#none[@]} = 0 ] && [ ! -s out.err ] && whole box && ok guard "a healthy load is no incident: ${#all[@]} segments, $(wc -l <again.json) lines" ||
	fail guard "a healthy load: ${all[*]} $(cat out.err) $WHY"
# Who makes the files may do that, and no more.
maker=$(cut -d ' ' -f 1 "/proc/$TRACER/task/$TRACER/children")
got="$(sed -nE 's/^(CapEff|CapPrm|NoNewPrivs):\s*0*(.)/\2/p' "/proc/$maker/status" | tr '\n' ' ')$(readlink /proc/"$maker"/fd/* | sed -E 's/:.*//; s/.*\///; s/[0-9]{6}/N/' | LC_ALL=C sort -u | tr '\n' ' ')"
[ "$got" = "0 0 1  box guard.N.part socket " ] && ok guard "who makes the files has capabilities, no-new-privs, files: $got" || fail guard "who makes the files has '$got'"
leak 17
wait_for 20 grep -q '^warning: close-wait-leak: 17, the oldest of python3\[' out.err || fail guard "no incident: $(cat out.err)"
play "$netns" truth -n 7 half-close >traffic.log 2>&1
wait_for 20 grep -q '^the report is in ' out.err || fail guard "no report: $(cat out.err)"
sleep 3
incidents=(box/incident-*)
incident=${incidents[0]-none}
[ ${#incidents[@]} = 1 ] && [ "$(wc -l <out.err)" = 2 ] && ok guard "${incident##*/}, once, though it goes on: $(head -1 out.err)" ||
	fail guard "incidents: ${incidents[*]} $(cat out.err)"
jq -e '.conditions[0].condition == "close-wait-leak" and .conditions[0].count == 17 and .ended > .began' "$incident/incident.json" >/dev/null &&
	ok guard "incident.json: $(jq -c .conditions "$incident/incident.json")" || fail guard "$(cat "$incident/incident.json")"
whole "$incident" || fail guard "$incident: $WHY"
began=$(jq -r .began "$incident/incident.json")
read -r before after < <(jq -r 'select(.event == "transition") | .time' again.json | awk -v began="${began%%.*}" '{ if (substr($0, 1, 19) < began) a++; else b++ } END { print a + 0, b + 0 }')
[ "$before" -gt 300 ] && [ "$after" -ge 7 ] && ok guard "it has $before moves of before and $after of after" ||
	fail guard "moves of before $before, of after $after; began $began"
"$TCPDWELL" stuck --patience 1s -r "$incident" >told 2>err && grep -qE '^CLOSE-WAIT .* 17 +close-wait-leak +python3\[' told && ok guard "stuck -r: $(grep ^CLOSE-WAIT told | head -1)" ||
	fail guard "stuck -r: $(cat err told)"
grep -qE 'python3.*close-wait-leak|close-wait-leak.*python3' "$incident/report.html" && grep -q "${incident##*/}" "$incident/report.html" && tail -c 20 "$incident/report.html" | grep -q '</html>' &&
	ok guard "the page names the leak, its process and the incident: $(stat -c %s,%a "$incident/report.html")" || fail guard "the page: $(head -c 300 "$incident/report.html")"
# In a browser: a heading, no complaint, no request.
cat >browse.py <<'EOF'
import sys, tempfile
sys.path.insert(0, sys.argv[1])
from browser import Browser
with tempfile.TemporaryDirectory() as profile:
    browser = Browser(profile)
    try:
        browser.open("file://" + sys.argv[2])
        text = browser.value("document.body.innerText")
        assert not browser.problems and "close-wait-leak" in text, (browser.problems, text[:300])
    finally:
        browser.close()
EOF
! needs guard chromium python3 || check guard "the page opens in a browser" python3 browse.py "$TESTS/cli" "$WORK/$incident/report.html"
[ -z "$(find box -perm /077)" ] && ok guard "all of it is for its owner alone" || fail guard "others may: $(find box -perm /077)"

# It ceases, and begins again: how soon it has ceased depends on how often it is looked.
again() { wait_for 5 grep -q '^warning: close-wait-leak: 5, ' out.err; }
for _ in {1..5}; do
	end_leak
	sleep 3
	leak 5
	again && break
done
again && ok guard "having ceased, it may begin again" || fail guard "no second incident: $(cat out.err)"
# Stopped in the middle of an incident: it gets what there is, and its page.
stop_tracer || fail guard "ended with $?: $(cat out.err)"
incidents=(box/incident-*)
[ ${#incidents[@]} = 2 ] && jq -e .ended "${incidents[1]}/incident.json" >/dev/null && [ -s "${incidents[1]}/report.html" ] && whole "${incidents[1]}" &&
	ok guard "stopped during an incident, it has its page" || fail guard "stopped during an incident: $(find box | tr '\n' ' ') $WHY"
parts=(box/*.part)
[ ${#parts[@]} = 0 ] && whole box && [ ! -s err ] && ok guard "-r DIR reads all of it" || fail guard "-r DIR: ${parts[*]} $WHY"
end_leak

# ---- the black box of a program ----

# box STATUS COMMAND: it ends with that. What it says of itself is in out.
box() {
	"$TCPDWELL" guard -w box --netns "$netns" --on-exit "$2" >out 2>err
	status=$?
	incidents=(box/incident-*)
	[ "$status" = "$1" ]
}
rm -rf box
# Signals 32 and 33 are the C library's own: it handles them once there are threads, whoever had them ignored.
OF_IT='grep -E "^(CapEff|NoNewPrivs)" /proc/self/status; echo $((0x$(awk "/^SigIgn/ { print \$2 }" /proc/self/status) & 0x7fffffff))'
box 0 "echo fine; $OF_IT" && [ ${#incidents[@]} = 0 ] && [ ! -s err ] &&
	[ "$(cat out)" = "fine
$(sh -c "$OF_IT")" ] && ok guard "--on-exit: a program that ends well is no incident, and is as who started it" ||
	fail guard "--on-exit: status $status, ${incidents[*]} $(cat err out)"
box 3 "ip netns exec $netns $BUILD/traffic -o truth active-close >/dev/null; exit 3" && [ ${#incidents[@]} = 1 ] && [[ ${incidents[0]} = *-exit-3 ]] &&
	jq -e '.exit_status == 3 and .ended' "${incidents[0]}/incident.json" >/dev/null && [ -s "${incidents[0]}/report.html" ] && "$TCPDWELL" -r "${incidents[0]}" -f json >again.json 2>err.gap && grep -q '^warning: nothing is known of .*guard.000001' err.gap && grep -q '"to":"TIME-WAIT"' again.json &&
	ok guard "--on-exit: one that fails is one, with what it did: $(head -1 err)" || fail guard "--on-exit: status $status, ${incidents[*]} $(cat err) $WHY"
rm -rf box
start_tracer out guard -w box --netns "$netns" --on-exit 'echo $$ >pid; exec sleep 1000' || exit 1
wait_for 10 test -s pid
stop_tracer
status=$?
incidents=(box/incident-*)
[ $status = 143 ] && [ ${#incidents[@]} = 0 ] && ! kill -0 "$(cat pid)" 2>/dev/null && ok guard "--on-exit: to be stopped asks the program to end, and is no incident" ||
	fail guard "--on-exit: stopped: status $status, ${incidents[*]} $(cat out.err)"

# ---- bounds ----

# One incident is kept, whoever began it.
mkdir -p box/incident-2026-01-01T00:00:00Z-{close-wait-leak,x} box/incident-2026-01-01T00:00:00Z-noted
touch box/incident-2026-01-01T00:00:00Z-noted/notes
start_guard --keep 10s --on 'close-wait > 2' --after 1s --incidents 1 || exit 1
most=0
leak 3
for _ in {1..60}; do
	files=(box/guard.*)
	[ ${#files[@]} -le "$most" ] || most=${#files[@]}
	sleep 0.25
done
wait_for 20 grep -q '^the report is in ' out.err
end_leak
stop_tracer || fail guard "ended with $?: $(cat out.err)"
incidents=(box/incident-*)
[ ${#incidents[@]} = 2 ] && [[ ${incidents[1]} = *-close-wait && ${incidents[0]} = *-noted ]] && ok guard "--incidents 1: ${incidents[1]##*/} of three, and what somebody else put into one stays" || fail guard "--incidents 1: ${incidents[*]}"
# 10 s in parts of 1.7 s, and those that an incident cuts.
files=(box/guard.*)
[ "$most" -le 10 ] && [[ ${files[0]} != *000001 ]] && ok guard "--keep 10s: $most files at most, from ${files[0]##*.} on" || fail guard "--keep 10s: ${files[*]}"

rm -rf box
start_guard --keep 16M || exit 1
most=0
for _ in {1..50}; do
	play "$netns" truth -n 397 churn >/dev/null 2>&1
	size=$(du -sk box | cut -f 1)
	[ "$size" -le "$most" ] || most=$size
	sleep 0.1
done
last=(box/*)
stop_tracer || fail guard "ended with $?: $(cat out.err)"
[ "$most" -le 18000 ] && [[ ${last[0]} != *000001* ]] && whole box && ok guard "--keep 16M: $most kB at most, from ${last[0]##*.} on" ||
	fail guard "--keep 16M: $most kB, ${last[*]} $WHY"

# One a folder.
rm -rf box
start_guard || exit 1
"$TCPDWELL" guard -w box -d 1 >/dev/null 2>err
status=$?
[ $status = 1 ] && one_error 'another tcpdwell' err && ok guard "$ERROR" || fail guard "a second one: $status $WHY"
stop_tracer

# Who makes the files is gone: nothing can bring it back, and that ends it.
rm -rf box
start_guard --keep 10s || exit 1
kill -9 "$(cut -d ' ' -f 1 "/proc/$TRACER/task/$TRACER/children")"
is_gone() { ! kill -0 "$TRACER" 2>/dev/null; }
wait_for 20 is_gone || fail guard "it goes on without who makes its files"
stop_tracer
status=$?
[ $status = 1 ] && one_error 'the process that makes its files has ended' out.err && ok guard "$ERROR" || fail guard "without who makes its files: $status $(cat out.err)"

# ---- kill -9 ----

(while sleep 0.1; do play "$netns" truth -n 31 churn; done) >/dev/null 2>&1 &
traffic=$!
on_exit "kill $traffic 2>/dev/null; wait $traffic 2>/dev/null"

is_ready() { [ -s ready ] || ! kill -0 "$1"; }
wrong=() n=0 pages=0
for ((i = 0; i < KILLS; i++)); do
	# Every third run goes on in what the one before left.
	[ $((i % 3)) = 2 ] || rm -rf box
	rm -f ready
	# That holds now and then.
	setsid "$TCPDWELL" guard -w box --keep 10s,16M --on 'time-wait > 40' -i 200ms --after 1s --ready-file ready --netns "$netns" >/dev/null 2>err.live &
	pid=$!
	wait_for 20 is_ready $pid
	sleep "$((RANDOM % 3)).$(printf %03d $((RANDOM % 1000)))"
	[ $((i % 2)) = 0 ] && kill -KILL $pid || kill -KILL -$pid
	wait $pid 2>/dev/null
	for folder in box box/incident-*; do
		"$TCPDWELL" -r "$folder" -f json >again.json 2>err
		status=$?
		n=$((n + $(grep -c '"transition"' again.json)))
		[ $status = 0 ] && ! grep -vE '^warning: (recording .*part. is (incomplete|damaged): |nothing is known of )' err >/dev/null ||
			wrong+=("kill $i: $folder: $status $(head -c 300 err)")
	done
	for file in box/guard.?????? box/incident-*/guard.??????; do
		"$TCPDWELL" -r "$file" >/dev/null 2>err || wrong+=("kill $i: $file: $(head -c 300 err)")
	done
	reports=(box/incident-*/report.html)
	pages=$((pages + ${#reports[@]}))
done
[ ${#wrong[@]} = 0 ] && [ $n -gt 0 ] && ok guard "$KILLS kills: each folder replays, $n transitions, $pages pages" ||
	{ fail guard "${#wrong[@]} of $KILLS kills; $n transitions"; printf '    %s\n' "${wrong[@]}" | head -20; }

# ---- a full disk ----

# It goes on once there is room.
mkdir there
mount -t tmpfs -o size=300k none there && on_exit "umount -l $WORK/there 2>/dev/null"
start_tracer out guard -w there/box --keep 60s --netns "$netns" || exit 1
wait_for 30 grep -q '^warning: nothing is recorded now' out.err || fail guard "a full disk is not told: $(cat out.err)"
mount -o remount,size=100M there
wait_for 30 grep -q "^recording again to 'there/box'" out.err || fail guard "with room again: $(cat out.err)"
sleep 2
stop_tracer && "$TCPDWELL" -r there/box -f json >again.json 2>err && grep -qE '^warning: nothing is known of [0-9.]+s, ' err && [ "$(grep -c '^error' out.err)" = 1 ] &&
	ok guard "a full disk is told once, and it goes on when there is room: $(tail -1 err)" || fail guard "a full disk: $(cat out.err err)"
umount there

wrong=() full=0
for ((i = 0; i < DISKS; i++)); do
	rm -rf there kept
	mkdir there
	kb=$((200 + RANDOM % 600))
	# shellcheck disable=SC2016 # for that shell
	unshare -m bash -c 'mount -t tmpfs -o size=$1k none there && shift && "$@" >/dev/null 2>err.live; status=$?; cp -r there kept; exit $status' \
		bash $kb "$TCPDWELL" guard -d 6 -w there/box --keep 60s --netns "$netns"
	status=$?
	grep -q 'No space left' err.live && full=$((full + 1))
	[ $status = 0 ] || [ $status = 1 ] || wrong+=("$kb kB: status $status $(cat err.live)")
	for file in kept/box/guard.??????; do
		"$TCPDWELL" -r "$file" >/dev/null 2>err || wrong+=("$kb kB: $file: $(head -c 300 err)")
	done
	"$TCPDWELL" -r kept/box >/dev/null 2>err || wrong+=("$kb kB: $(head -c 300 err)")
done
[ ${#wrong[@]} = 0 ] && [ $full -gt 0 ] && ok guard "$DISKS disks, $full of them full: $(head -1 err.live)" ||
	{ fail guard "${#wrong[@]} of $DISKS disks, $full full"; printf '    %s\n' "${wrong[@]}" | head -20; }
