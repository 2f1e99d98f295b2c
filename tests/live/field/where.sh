#!/bin/bash
# Namespaces: what no name or process leads to is looked at or counted, what is no namespace is not, the next command
# runs where the socket lives, and processes out of sight are no processes that are gone.
. "$(dirname "$0")/../live.sh.inc"
can_trace field-where || exit 0
command -v python3 >/dev/null || { skip field-where "no python3"; exit 0; }

# leak NAME WHERE PORT [FILE]: leak.py in the background; its namespace's inode goes to INODE, a pid there to INSIDE.
leak() {
	local stop
	mkfifo "$WORK/$1.stop"
	python3 "$TESTS/live/field/leak.py" "${@:2}" <"$WORK/$1.stop" >"$WORK/$1.out" 2>"$WORK/$1.err" &
	LEAK=$!
	exec {stop}>"$WORK/$1.stop"
	on_exit "kill $LEAK 2>/dev/null; exec $stop>&-"
	wait_for 60 grep -q ^ready "$WORK/$1.out" || { fail "field-$1" "no leak: $(cat "$WORK/$1.err")"; return 1; }
	read -r _ INODE INSIDE <"$WORK/$1.out"
}

# value FILTER: of the last look.
value() { jq -rs "$1" "$WORK/look"; }
look() { "$TCPDWELL" stuck -f json "$@" >"$WORK/look" 2>"$WORK/look.err"; }
# A look at the whole host misses what came while it looked, of other tests: of several, the one that misses least.
# look_missing N: looks until so many are missing, and no more; MISSING is how many were in the last look.
look_missing() {
	for _ in {1..20}; do
		look
		MISSING=$(value '.[0].missing_namespaces')
		[ "$MISSING" != "$1" ] || return 0
		sleep 0.1
	done
	return 1
}
fewest_missing() {
	for _ in {1..8}; do
		look
		value '.[0].missing_namespaces'
	done | sort -n | head -1
}

# ---- in /run/netns, but no network namespace ----

cat >"$WORK/stale.sh" <<'END'
mkdir -p /run/netns && mount -t tmpfs t /run/netns && cd /run/netns || exit 1
touch empty && chmod 0 empty
echo text >text
mkdir folder
ln -s /nowhere dangling
touch pid && mount --bind /proc/self/ns/pid pid
"$TCPDWELL" stuck -f json | head -1
END
# Others may come while it looks.
for _ in {1..20}; do
	said=$(unshare -m bash "$WORK/stale.sh" 2>"$WORK/err" | jq .missing_namespaces)
	[ "$said" != 0 ] || break
done
[ "$said" = 0 ] && [ ! -s "$WORK/err" ] && ok field-stale-netns "an empty file, a text, a folder, a dangling link, a pid namespace: no namespaces" ||
	fail field-stale-netns "$said missing: $(cat "$WORK/err")"

# ---- nobody's first thread is in it ----

baseline=$(fewest_missing)
leak thread thread 18101
thread_id=$INSIDE
leak away away 18102
away_inside=$INSIDE
# A mount elsewhere: here, and in a mount namespace of another process's own.
leak mount mount 18103 "$WORK/mounted"
on_exit "umount $WORK/mounted 2>/dev/null"
leak process process 18105
process_inside=$INSIDE
sleep 1.2
look
for port in 18101:thread 18102:away 18103:mount 18105:process; do
	n=$(value "[.[] | select(.event == \"stuck\" and .lport == ${port%:*} and .state == \"CLOSE-WAIT\")] | length")
	[ "$n" = 1 ] && ok "field-seen-${port#*:}" "its leak is seen" || fail "field-seen-${port#*:}" "$n rows"
done
# By a descriptor alone, of a process that is elsewhere. Whoever looks again and again finds it too.
look_at_descriptors() {
	for where in descriptor unmounted; do
		local port=$1 next there netns
		[ $where = unmounted ] && port=$(($1 + 10))
		read -r _ netns inside <"$WORK/$where.out"
		next=$(value "[.[] | select(.event == \"finding\" and .rule == \"not-accepted\" and .netns == $netns)][0].next")
		[[ $next == "nsenter --net=/proc/$inside/fd/"* ]] && there=$(bash -c "${next%%ss -*} stat -Lc %i /proc/self/ns/net" 2>&1)
		[ "${there:-}" = "$netns" ] && ok "field-next-$where$2" "$next" || fail "field-next-$where$2" "'$next' leads to ${there:-nothing}, not $netns: $(cat "$WORK/look.err")"
	done
}
"$TCPDWELL" stuck --watch -i 500ms -f json >"$WORK/watched" 2>"$WORK/look.err" &
watcher=$!
wait_for 20 test -s "$WORK/watched"
leak descriptor descriptor 18106
kept_by=$LEAK
leak unmounted unmounted 18116 "$WORK/unmounted"
sleep 1.2
look
look_at_descriptors 18106 ""
look_missing "$baseline" && ok field-descriptor-missing "and nothing is missing" || fail field-descriptor-missing "$MISSING missing, $baseline before"
wait_for 20 sh -c "tail -40 $WORK/watched | grep -q '\"lport\":18116'"
sleep 1
kill $watcher
wait $watcher
# The last look that is whole.
tac "$WORK/watched" | sed '1,/"event":"census"/d' | sed '/"event":"census"/q' | tac >"$WORK/look"
look_at_descriptors 18106 -watched
look --netns "$(cut -d ' ' -f 2 "$WORK/descriptor.out")"
n=$(value '[.[] | select(.event == "stuck" and .lport == 18106 and .state == "CLOSE-WAIT")] | length')
[ "$n" = 1 ] && ok field-descriptor-asked "--netns by its number" || fail field-descriptor-asked "$n rows, $(cat "$WORK/look.err")"
kill "$LEAK" "$kept_by"
wait "$LEAK" "$kept_by" 2>/dev/null
leak sockets sockets 18104
inode=$INODE
look_missing $((baseline + 1)) && grep -q 'could not be entered' "$WORK/look.err" &&
	ok field-missing-sockets "kept by sockets only: counted, and a word" || fail field-missing-sockets "$MISSING missing, $baseline before: $(cat "$WORK/look.err")"
look --netns "$$"
[ "$(value '.[0].missing_namespaces')" = 0 ] && ok field-missing-elsewhere "not counted where it was not asked for" ||
	fail field-missing-elsewhere "$(value '.[0].missing_namespaces')"
kill "$LEAK"
wait "$LEAK" 2>/dev/null
look_missing "$baseline" && ok field-missing-gone "and gone when it is" || fail field-missing-gone "$inode: $MISSING, not $baseline"

# ---- the next command runs where the socket lives ----

# A rule with a command of its namespace: a connection that nobody accepts.
port=18110
for where in process thread away; do
	inside=$process_inside
	[ $where = thread ] && inside=$thread_id
	[ $where = away ] && inside=$away_inside
	mkfifo "$WORK/$where.wait"
	nsenter -t "$inside" -n python3 -c '
import socket, sys
l = socket.socket(); l.bind(("127.0.0.1", int(sys.argv[1]))); l.listen()
c = socket.create_connection(("127.0.0.1", int(sys.argv[1]))); print("ready", flush=True); sys.stdin.read()' $port <"$WORK/$where.wait" >"$WORK/$where.waiting" &
	on_exit "kill $! 2>/dev/null"
	exec {stop}>"$WORK/$where.wait"
	wait_for 60 grep -q ready "$WORK/$where.waiting"
	port=$((port + 1))
done
sleep 1.2
# What every face says of these namespaces, and not of those of other tests; a recording of events holds censuses, too.
OURS=()
for inside in "$process_inside" "$thread_id" "$away_inside"; do
	OURS+=(--netns "/proc/$inside/ns/net")
done
# told FILE: the findings of the look and what to type next, a line each.
told() {
	look "${OURS[@]}"
	value '.[] | select(.event == "finding") | "\(.rule) \(.next)"' | sort >"$1"
}
told "$WORK/told"
"$TCPDWELL" report "$WORK/page.html" "${OURS[@]}" -d 1 --ready-file "$WORK/page.ready" 2>/dev/null
"$TCPDWELL" trace "${OURS[@]}" -d 1 -w "$WORK/recording" >/dev/null 2>&1
"$TCPDWELL" report -r "$WORK/recording" "$WORK/replayed.html" 2>/dev/null
# page FILE: its findings, a JSON line each.
page() { sed -n 's/^<script type="application\/json" id="data">//p' "$1" | sed 's/<\/script>$//' | jq -c '.census.findings[]'; }
for where in process thread away; do
	inside=$process_inside
	[ $where = thread ] && inside=$thread_id
	[ $where = away ] && inside=$away_inside
	netns=$(stat -Lc %i "/proc/$inside/ns/net")
	look --netns "/proc/$inside/ns/net"
	next=$(value '[.[] | select(.event == "finding" and .rule == "not-accepted")][0].next')
	there=$(bash -c "${next%%ss -*} stat -Lc %i /proc/self/ns/net" 2>&1)
	[ "$there" = "$netns" ] && ok "field-next-$where" "${next%%ss -*}leads there" || fail "field-next-$where" "'$next' leads to $there, not $netns"
done
# An orphan's FIN-WAIT-2 ends after a minute: what was told before and is told now has to be there, and nothing else.
told "$WORK/told.after"
comm -12 "$WORK/told" "$WORK/told.after" >"$WORK/must"
sort -u "$WORK/told" "$WORK/told.after" >"$WORK/may"
for from in page replayed; do
	page "$WORK/$from.html" | jq -r '"\(.rule) \(.next)"' | sort >"$WORK/$from"
	[ "$(grep -c '^not-accepted .*nsenter' "$WORK/must")" = 3 ] && [ -z "$(comm -23 "$WORK/must" "$WORK/$from")$(comm -13 "$WORK/may" "$WORK/$from")" ] &&
		ok "field-next-$from" "the same commands" || fail "field-next-$from" "$(diff "$WORK/told" "$WORK/$from" | tr '\n' ' ')"
done
"$TCPDWELL" stuck -f json -r "$WORK/recording" 2>/dev/null | jq -r 'select(.event == "stuck") | .cgroup_name' | grep -qv '^null$' &&
	ok field-recorded-cgroups "a recording of events names cgroups" || fail field-recorded-cgroups "no cgroup of the recording has a name"

# ---- a finding for each place, one for very many ----

n=$(value '[.[] | select(.event == "finding" and .rule == "not-accepted") | "\(.count) \(.netns) \(.next)"] | "\(length) \(unique | length)"')
[ "$n" = "3 3" ] && ok field-places "three namespaces, and a finding and a command for each" || fail field-places "$n findings of three namespaces"
leak threads threads 18115
sleep 1.2
inside=$LEAK
"$TCPDWELL" stuck -p "$inside" -s close-wait >"$WORK/text" 2>/dev/null
grep -q "^close-wait-held: 9 of python3\[$inside\].*, 9 network namespaces$" "$WORK/text" &&
	ok field-places-text "$(grep ^close-wait "$WORK/text")" || fail field-places-text "$(cat "$WORK/text")"
look -p "$inside" -s close-wait
said=$(value '[.[] | select(.event == "finding") | "\(.count) \(.netns) \(.netns_name)"] | tostring')
[ "$said" = '["9 null null"]' ] && ok field-places-json "of none of them in particular" || fail field-places-json "$said"
"$TCPDWELL" report "$WORK/places.html" -p "$inside" -d 0.2 2>/dev/null
said=$(page "$WORK/places.html" | jq -r 'select(.rule == "close-wait-held") | "\(.count) \(.namespaces) \(.netns)"')
[ "$said" = "9 9 null" ] && ok field-places-page "of nine" || fail field-places-page "$said"
kill "$LEAK"

# ---- another pid namespace ----

leak outside here 18120
outside=$INSIDE
cat >"$WORK/inside.sh" <<'END'
python3 "$TESTS/live/field/leak.py" here 18121 < <(sleep 100) >"$WORK/inside.out" &
while ! grep -q ready "$WORK/inside.out"; do sleep 0.1; done
sleep 1.2
"$TCPDWELL" stuck -f json >"$WORK/look" 2>"$WORK/look.err"
"$TCPDWELL" serve 127.0.0.1:0 --ready-file "$WORK/inside.ready" 2>"$WORK/serve.err" &
while [ ! -s "$WORK/inside.ready" ]; do sleep 0.1; done
port=$(grep -oE '[0-9]+/metrics' "$WORK/serve.err" | cut -d/ -f1)
curl -s "127.0.0.1:$port/metrics" >"$WORK/metrics"
kill %2
"$TCPDWELL" trace -f json --ready-file "$WORK/trace.ready" -P 18122,18123 >"$WORK/trace" 2>"$WORK/trace.err" &
while [ ! -s "$WORK/trace.ready" ]; do sleep 0.1; done
python3 "$TESTS/live/field/leak.py" here 18122 < <(sleep 0.3) >"$WORK/inside2.out"
echo go >"$WORK/go"
while [ -e "$WORK/go" ]; do sleep 0.1; done
sleep 0.5
kill %3
wait %3
END
export WORK
unshare -p -f --mount-proc bash "$WORK/inside.sh" &
unshared=$!
wait_for 60 test -e "$WORK/go"
python3 "$TESTS/live/field/leak.py" here 18123 < <(sleep 0.3) >/dev/null
rm "$WORK/go"
wait $unshared
read -r _ _ inside <"$WORK/inside.out"
owner=$(value '[.[] | select(.event == "stuck" and .lport == 18120 and .state == "CLOSE-WAIT")][0] | "\(.owner) \(.rule)"')
case $owner in
"? "*no-process* | "(no descriptor)"*) fail field-pidns-outside "$owner" ;;
"? "*) ok field-pidns-outside "$owner" ;;
*) fail field-pidns-outside "$owner, pid $outside is out of sight" ;;
esac
owner=$(value '[.[] | select(.event == "stuck" and .lport == 18121 and .state == "CLOSE-WAIT")][0].owner')
[ "$owner" = "python3[$inside]" ] && ok field-pidns-inside "$owner, as it is called there" || fail field-pidns-inside "$owner, not python3[$inside]"
[ "$(grep -c 'pid namespaces' "$WORK/look.err")" = 1 ] && ok field-pidns-word "$(grep 'pid namespaces' "$WORK/look.err")" || fail field-pidns-word "$(cat "$WORK/look.err")"
found=$(grep -E '^tcpdwell_findings.*no-process' "$WORK/metrics")
[ -s "$WORK/metrics" ] && ! grep -qv ' 0$' <<<"$found" && ok field-pidns-serve "none without a process" || fail field-pidns-serve "$found"
read -r _ _ inside <"$WORK/inside2.out"
pids=$(jq -rs '[.[] | select(.event == "transition" and (.lport == 18122 or .rport == 18122) and .pid != null) | .pid] | unique | tostring' "$WORK/trace")
[ "$pids" = "[$inside]" ] && ok field-pidns-trace-inside "events name pid $inside" || fail field-pidns-trace-inside "$pids, not [$inside]"
pids=$(jq -rs '[.[] | select(.event == "transition" and (.lport == 18123 or .rport == 18123))] | "\(length > 4) \(map(.pid) | unique | tostring)"' "$WORK/trace")
[ "$pids" = "true [null]" ] && ok field-pidns-trace-outside "events of whom we cannot see have no pid" || fail field-pidns-trace-outside "$pids"

# ---- the same number inside and outside ----

leak same here 18130
same=$INSIDE
mkfifo "$WORK/inside3.stop"
rm "$WORK/look.err"
cat >"$WORK/same.sh" <<'END'
echo $(($1 - 1)) >/proc/sys/kernel/ns_last_pid || exit
python3 "$TESTS/live/field/leak.py" here 18131 <"$WORK/inside3.stop" >"$WORK/inside3.out" &
echo $! >"$WORK/inside3.pid"
while ! grep -q ready "$WORK/inside3.out"; do sleep 0.1; done
sleep 1.2
"$TCPDWELL" stuck -f json >"$WORK/look" 2>"$WORK/look.err"
wait
END
unshare -p -f --mount-proc bash "$WORK/same.sh" "$same" &
unshared=$!
exec {stop}>"$WORK/inside3.stop"
on_exit "exec $stop>&-"
wait_for 60 test -s "$WORK/look.err"
owner_of() { value "[.[] | select(.event == \"stuck\" and .lport == $1 and .state == \"CLOSE-WAIT\")][0].owner"; }
if [ "$(cat "$WORK/inside3.pid")" != "$same" ]; then
	skip field-pidns-same "no pid could be chosen"
else
	seen="$(owner_of 18130) $(owner_of 18131)"
	[ "$seen" = "? python3[$same]" ] && ok field-pidns-same-inside "its own by its number, the other one not to be seen" || fail field-pidns-same-inside "$seen, pid $same"
	look
	inside=$(pgrep -f "leak.py here 18131")
	seen="$(owner_of 18130) $(owner_of 18131)"
	[ "$seen" = "python3[$same] python3[$inside]" ] && ok field-pidns-same-outside "$seen" || fail field-pidns-same-outside "$seen"
fi
exec {stop}>&-
wait $unshared

# ---- a name that goes, and comes again for another ----

name=tcpdwell-$$-name
# leads NAME: the next command leads to where the socket is.
leads() {
	local next there
	look --netns "/proc/$named/ns/net"
	next=$(value '[.[] | select(.event == "finding" and .rule == "not-accepted")][0].next')
	there=$(bash -c "${next%%ss -*} stat -Lc %i /proc/self/ns/net" 2>&1)
	[ "$there" = "$netns" ] && ok "field-name-$1" "${next%%ss -*}leads there" || fail "field-name-$1" "'$next' leads to $there, not $netns"
}
ip netns add "$name"
on_exit "ip netns del $name 2>/dev/null"
ip -n "$name" link set lo up
mkfifo "$WORK/named.wait"
ip netns exec "$name" python3 -c '
import os, socket, sys
l = socket.socket(); l.bind(("127.0.0.1", 18140)); l.listen()
c = socket.create_connection(("127.0.0.1", 18140)); print(os.getpid(), flush=True); sys.stdin.read()' <"$WORK/named.wait" >"$WORK/named.pid" &
exec {stop}>"$WORK/named.wait"
on_exit "exec $stop>&-"
wait_for 60 test -s "$WORK/named.pid"
named=$(cat "$WORK/named.pid")
netns=$(stat -Lc %i "/proc/$named/ns/net")
sleep 1.2
leads there
ip netns del "$name"
leads gone
ip netns add "$name"
leads of-another

# Started in it, by its name or by a process: who reads this, or the recording, is not. Where the first process is,
# commands are typed as they are.
# runs_there NAME PATTERN: of the last look.
runs_there() {
	local next there
	next=$(value '[.[] | select(.event == "finding" and .rule == "not-accepted")][0].next')
	there=$(bash -c "${next%%ss -*} stat -Lc %i /proc/self/ns/net" 2>&1)
	# shellcheck disable=SC2053 # a pattern
	[[ $next == $2 && $there = "$netns" ]] && ok "field-started-there-$1" "$next" || fail "field-started-there-$1" "'$next' leads to $there, not $netns"
}
named_is_there() {
	"${@:2}" "$TCPDWELL" stuck -f json -L 18140 -w "$WORK/there.rec" >"$WORK/look" 2>"$WORK/look.err"
	runs_there "$1" "$pattern"
	"$TCPDWELL" stuck -f json -r "$WORK/there.rec" >"$WORK/look" 2>"$WORK/look.err"
	runs_there "$1-recorded" "$pattern"
	"${@:2}" "$TCPDWELL" stuck --watch -n 2 -i 100ms -f json -L 18140 >"$WORK/look" 2>"$WORK/look.err"
	runs_there "$1-watched" "$pattern"
}
pattern="nsenter -t $named -n ss *"
named_is_there by-process nsenter -t "$named" -n
ip netns del "$name"
ip netns attach "$name" "$named"
pattern="ip netns exec $name ss *"
named_is_there by-name ip netns exec "$name"
first=$(stat -Lc %i /proc/1/ns/net 2>/dev/null) || first=$(stat -Lc %i /proc/self/ns/net)
if [ "$first" = "$(stat -Lc %i /proc/self/ns/net)" ]; then
	look -L 18140
	runs_there from-outside "ip netns exec $name ss *"
	mkfifo "$WORK/first.wait"
	python3 -c '
import socket, sys
l = socket.create_server(("127.0.0.1", 18141))
c = socket.create_connection(("127.0.0.1", 18141)); print("ready", flush=True); sys.stdin.read()' <"$WORK/first.wait" >"$WORK/first.out" &
	exec {stop}>"$WORK/first.wait"
	on_exit "exec $stop>&-"
	wait_for 20 test -s "$WORK/first.out"
	sleep 1.2
	netns=$first
	look -L 18141
	runs_there first "ss *"
	ip netns exec "$name" "$TCPDWELL" stuck -f json -L 18141 >"$WORK/look" 2>"$WORK/look.err"
	runs_there first-from-inside "nsenter -t * -n ss *"
else
	skip field-started-there-first "this is not where the first process is"
fi

# One that is deleted while it is watched, and another that comes. Where no other test's are seen: with processes and names
# of our own.
cat >"$WORK/watched" <<'END'
mkdir -p /run/netns && mount -t tmpfs tmpfs /run/netns && ip netns add one || exit 9
"$TCPDWELL" stuck --watch -i 0.2 -n 12 -f json >"$WORK/look" 2>"$WORK/look.err" &
watcher=$!
for _ in $(seq 200); do
	[ ! -s "$WORK/look" ] || break
	sleep 0.1
done
ip netns del one
ip netns add two
sleep 0.6
ip netns del two
wait $watcher
END
rm -f "$WORK/look"
ip netns del "$name"
export WORK
unshare -mpf --mount-proc sh "$WORK/watched"
status=$?
seen=$(value '[.[] | select(.event == "census").missing_namespaces] | unique | tostring')
[ $status = 0 ] && ! grep -q 'network namespace' "$WORK/look.err" && [ "$seen" = "[0]" ] && ok field-name-watched "twelve looks, while namespaces come and go" ||
	fail field-name-watched "status $status, missing $seen: $(cat "$WORK/look.err")"

# One that was asked for by its name, and is gone; then another of that name. Nobody says that it is well.
ip netns add "$name"
rm -f "$WORK/ready"
"$TCPDWELL" stuck --watch -i 0.2 -f json --netns "$name" >"$WORK/look" 2>"$WORK/look.err" &
watcher=$!
"$TCPDWELL" serve 127.0.0.1:0 --netns "$name" --ready-file "$WORK/ready" 2>"$WORK/serve.err" &
server=$!
on_exit "kill $watcher $server 2>/dev/null"
wait_for 20 test -s "$WORK/look"
wait_for 20 test -s "$WORK/ready"
ip netns del "$name"
ip netns add "$name"
url=$(grep -oE 'http://[^ ]*/metrics' "$WORK/serve.err")
wait_for 30 grep -q '(--netns) is gone' "$WORK/look.err" && wait_for 30 grep -q '"missing_namespaces":1' "$WORK/look" &&
	ok field-asked-and-gone "$(grep -m1 gone "$WORK/look.err")" || fail field-asked-and-gone "$(cat "$WORK/look.err"; tail -1 "$WORK/look")"
wait_for 40 sh -c "curl -s $url | grep -q '^tcpdwell_unseen_namespaces 1'" && grep -q '(--netns) is gone' "$WORK/serve.err" &&
	ok field-asked-and-gone-serve "counted as unseen" || fail field-asked-and-gone-serve "$(cat "$WORK/serve.err")"
kill $watcher $server
"$TCPDWELL" stuck --netns 4026999999 >"$WORK/look" 2>"$WORK/look.err"
grep -q '(--netns) is gone' "$WORK/look.err" && grep -q 'wrong in what was looked at' "$WORK/look" &&
	ok field-asked-and-not-there "$(tail -1 "$WORK/look")" || fail field-asked-and-not-there "$(cat "$WORK/look.err" "$WORK/look")"

# ---- /proc of others, or none ----

cat >"$WORK/other-proc.sh" <<'END'
python3 "$TESTS/live/field/leak.py" here 18150 <"$WORK/inside4.stop" >"$WORK/inside4.out" &
for _ in {1..300}; do grep -q ready "$WORK/inside4.out" && break; sleep 0.1; done
sleep 1.2
"$TCPDWELL" stuck -a 127.0.0.1 -L 18150 -f json >"$WORK/look" 2>"$WORK/look.err"
END
mkfifo "$WORK/inside4.stop"
exec {stop}<>"$WORK/inside4.stop"
unshare -p -f --kill-child bash "$WORK/other-proc.sh"
exec {stop}>&-
next=$(value '[.[] | select(.event == "finding")][0].next')
[[ $next == *ss\ * && $next != */proc/* ]] && grep -q '/proc is that of another pid namespace' "$WORK/look.err" &&
	ok field-other-proc "$next" || fail field-other-proc "$next; $(cat "$WORK/look.err")"
unshare -m sh -c 'mount -t tmpfs none /proc && exec "$0" stuck' "$TCPDWELL" >"$WORK/look" 2>"$WORK/look.err"
status=$?
[ $status = 1 ] && [ ! -s "$WORK/look" ] && grep -q '^error: .*/proc' "$WORK/look.err" && grep -q '^hint: ' "$WORK/look.err" &&
	ok field-no-proc "$(head -1 "$WORK/look.err")" || fail field-no-proc "status $status, $(cat "$WORK/look.err" "$WORK/look")"

# ---- a socket that lies in a unix socket of another namespace; a name that has no room ----

long=tcpdwell-$$-$(printf 'n%.0s' {1..120})
ip netns add "$long"
on_exit "ip netns del $long 2>/dev/null"
ip -n "$long" link set lo up
mkfifo "$WORK/passed.wait"
ip netns exec "$long" python3 "$TESTS/live/field/leak.py" passed 18160 <"$WORK/passed.wait" >"$WORK/passed.out" &
passer=$!
exec {stop}>"$WORK/passed.wait"
on_exit "exec $stop>&-; kill $passer 2>/dev/null"
wait_for 60 test -s "$WORK/passed.out"
sleep 1.2
look -L 18160
next=$(value '[.[] | select(.event == "finding" and .rule == "no-process")][0].next')
shown=$(bash -c "$next" 2>&1)
grep -q "^/proc/$passer/fdinfo/" <<<"$shown" && ok field-passed-elsewhere "$(grep -m1 "^/proc/$passer/" <<<"$shown")" || fail field-passed-elsewhere "'$next' shows: $shown"
look -L 18160 -s listen
way=$(value '[.[] | select(.event == "stuck")][0].netns_name // "no name"')
[[ $way == "no name" || $way == "$long" ]] && ok field-long-name "${way:0:20}" || fail field-long-name "$way is cut"
