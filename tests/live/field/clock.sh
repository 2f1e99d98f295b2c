#!/bin/bash
# In a time namespace (LXC, every CRIU restore) CLOCK_MONOTONIC of user space is not that of the kernel's stamps: times
# of day, dwells and ages are right all the same, live and of a recording.
. "$(dirname "$0")/../live.sh.inc"
can_trace field-clock || exit 0
command -v python3 >/dev/null || { skip field-clock "no python3"; exit 0; }
unshare -T true 2>/dev/null || { skip field-clock "no time namespaces"; exit 0; }
new_netns netns || { fail field-clock "no network namespace"; exit 1; }

# A CLOSE-WAIT of half a second on PORT, and another that stays until standard input ends.
cat >"$WORK/traffic.py" <<'END2'
import socket, sys, time
def pair(port):
    l = socket.socket(); l.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1); l.bind(('127.0.0.1', port)); l.listen()
    c = socket.create_connection(('127.0.0.1', port)); return c, l.accept()[0], l
c, a, _ = pair(int(sys.argv[1]))
print(time.time(), flush=True)
c.close(); time.sleep(.5); a.close()
c, a, _ = pair(int(sys.argv[1]) + 1)
c.close(); time.sleep(1.2)
print('ready', flush=True); sys.stdin.read()
END2

# judge_time NAME TIME BEGAN: within seconds of when it was.
judge_time() {
	local off
	off=$(awk -v at="$(date -d "$2" +%s)" -v began="$3" 'BEGIN { off = at - began; print int(off < 0 ? -off : off) }')
	[ "$off" -lt 20 ] && ok "$1" "the time of day is right" || fail "$1" "$2 is $off s off"
}

# in_time NAME PORT UNSHARE...: unshare(1) with these options and commands before the program.
in_time() {
	local name=$1 port=$2 played=$SECONDS began looked moves stop
	shift 2
	rm -f "$WORK"/{ready,stop,traffic,look,rec}
	mkfifo "$WORK/stop"
	"$@" "$TCPDWELL" trace -f json --netns "$netns" -P "$port" -w "$WORK/rec" --ready-file "$WORK/ready" >"$WORK/out" 2>"$WORK/err" &
	local tracer=$!
	wait_for 20 test -s "$WORK/ready"
	ip netns exec "$netns" python3 "$WORK/traffic.py" "$port" <"$WORK/stop" >"$WORK/traffic" &
	exec {stop}>"$WORK/stop"
	wait_for 20 grep -q ready "$WORK/traffic"
	kill -TERM $tracer
	wait $tracer
	began=$(head -1 "$WORK/traffic")
	for out in live recorded; do
		[ $out = live ] || "$TCPDWELL" trace -r "$WORK/rec" -f json >"$WORK/out"
		moves=$(jq -r 'select(.event == "transition" and .from == "CLOSE-WAIT") | "\(.time) \(.dwell_known) \(.dwell_ns >= 4.9e8 and .dwell_ns < 5e9)"' "$WORK/out")
		if [ "${moves#* }" = "exact true" ]; then
			ok "field-clock-$name-$out-dwell" "as long as it was"
			judge_time "field-clock-$name-$out-time" "${moves% exact*}" "$began"
		else
			fail "field-clock-$name-$out-dwell" "'$moves' of $(wc -l <"$WORK/out") lines: $(head -3 "$WORK/err")"
		fi
	done
	"$@" "$TCPDWELL" stuck -f json --netns "$netns" -P $((port + 1)) >"$WORK/look" 2>"$WORK/err"
	looked=$(date +%s)
	moves=$(jq -r --argjson most $((SECONDS - played + 1)) 'select(.event == "stuck" and .state == "CLOSE-WAIT") |
		"\(.time) \(.age_ns >= 1e9 and .age_ns < $most * 1e9)"' "$WORK/look")
	if [ "${moves#* }" = true ]; then
		ok "field-clock-$name-age" "as old as it is"
		judge_time "field-clock-$name-look" "${moves% *}" "$looked"
	else
		fail "field-clock-$name-age" "'$moves': $(cat "$WORK/look" "$WORK/err")"
	fi
	exec {stop}>&-
}
in_time ahead 18201 unshare -T --monotonic 86400
in_time behind 18203 unshare -T --monotonic -60
in_time years 18205 unshare -T --monotonic 100000000 --boottime 5
in_time boottime 18207 unshare -T --boottime 86400
in_time nested 18209 unshare -T --monotonic 7200 unshare -T --monotonic 3600
in_time none 18213 env
