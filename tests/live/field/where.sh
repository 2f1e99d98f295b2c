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
said=$(unshare -m bash "$WORK/stale.sh" 2>"$WORK/err" | jq .missing_namespaces)
[ "$said" = 0 ] && [ ! -s "$WORK/err" ] && ok field-stale-netns "an empty file, a text, a folder, a dangling link, a pid namespace: no namespaces" ||
	fail field-stale-netns "$said missing: $(cat "$WORK/err")"

# ---- nobody's first thread is in it ----

baseline=$(look; value '.[0].missing_namespaces')
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
leak sockets sockets 18104
inode=$INODE
look
missing=$(value '.[0].missing_namespaces')
[ "$missing" = $((baseline + 1)) ] && grep -q 'could not be entered' "$WORK/look.err" &&
	ok field-missing-sockets "kept by sockets only: counted, and a word" || fail field-missing-sockets "$missing missing, $baseline before: $(cat "$WORK/look.err")"
look --netns "$$"
[ "$(value '.[0].missing_namespaces')" = 0 ] && ok field-missing-elsewhere "not counted where it was not asked for" ||
	fail field-missing-elsewhere "$(value '.[0].missing_namespaces')"
kill "$LEAK"
wait "$LEAK" 2>/dev/null
look
[ "$(value '.[0].missing_namespaces')" = "$baseline" ] && ok field-missing-gone "and gone when it is" || fail field-missing-gone "$inode: $(value '.[0].missing_namespaces')"

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
# What every face says of the namespace; a recording of events holds censuses, too.
"$TCPDWELL" report "$WORK/page.html" -d 1 --ready-file "$WORK/page.ready" 2>/dev/null
"$TCPDWELL" trace -d 1 -w "$WORK/recording" >/dev/null 2>&1
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
look
value '[.[] | select(.event == "finding") | {rule, next}] | sort' >"$WORK/told"
for from in page replayed; do
	page "$WORK/$from.html" | jq -s '[.[] | {rule, next}] | sort' >"$WORK/$from"
	grep -q nsenter "$WORK/told" && cmp -s "$WORK/told" "$WORK/$from" && ok "field-next-$from" "the same commands" ||
		fail "field-next-$from" "$(diff "$WORK/told" "$WORK/$from")"
done
"$TCPDWELL" stuck -f json -r "$WORK/recording" 2>/dev/null | jq -r 'select(.event == "stuck") | .cgroup_name' | grep -qv '^null$' &&
	ok field-recorded-cgroups "a recording of events names cgroups" || fail field-recorded-cgroups "no cgroup of the recording has a name"

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
"? "*no-process* | "(no process)"*) fail field-pidns-outside "$owner" ;;
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
