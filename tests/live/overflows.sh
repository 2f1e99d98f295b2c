#!/bin/bash
# How often accept queues overflowed, by namespace: in `stuck`, since the look before, and from `serve`, to the last one
# that nstat knows.
. "$(dirname "$0")/serve.sh.inc"
needs overflows python3 jq nstat curl || exit 0
"$TCPDWELL" -q stuck >/dev/null 2>"$WORK/err" || { skip overflows "cannot look at sockets here: $(head -1 "$WORK/err")"; exit 0; }
new_netns full && new_netns calm || { fail overflows "no network namespace"; exit 1; }

# start_server NETNS: a queue that is full, and more connections, so many as it is told, each given up after its first SYN.
start_server() {
	mkfifo "$WORK/$1.in"
	ip netns exec "$1" python3 -c '
import socket, sys
listener = socket.create_server(("127.0.0.1", 7450), backlog=1)
kept = [socket.create_connection(listener.getsockname()) for _ in range(2)]
print("ready", flush=True)
for line in sys.stdin:
    for _ in range(int(line)):
        with socket.socket() as client:
            client.setblocking(False)
            client.connect_ex(listener.getsockname())
    print("done", flush=True)' <"$WORK/$1.in" >"$WORK/$1.out" 2>&1 &
	exec {IN}>"$WORK/$1.in"
	wait_for 20 grep -q ready "$WORK/$1.out" || fail overflows "no server: $(cat "$WORK/$1.out")"
}

# overflow HOW_MANY: so many more, and they have happened.
DONE=0
overflow() {
	echo "$1" >&"$TO_FULL"
	DONE=$((DONE + 1))
	wait_for 20 has_done || fail overflows "no connections: $(cat "$WORK/$full.out")"
}
has_done() { [ "$(grep -c 'done' "$WORK/$full.out")" = $DONE ]; }

# kernel NETNS: how many the kernel counts there. evidence NETNS < JSON: what is said of the listener, a line a look.
kernel() { ip netns exec "$1" nstat -asz TcpExtListenOverflows | awk '/ListenOverflows/ { print $2 }'; }
drops() { ip netns exec "$1" nstat -asz TcpExtListenDrops | awk '/ListenDrops/ { print $2 }'; }
evidence() { jq -r --arg n "$1" 'select(.event == "stuck" and .netns_name == $n and .state == "LISTEN") | .rule + ": " + .evidence'; }

start_server "$calm"
start_server "$full"
TO_FULL=$IN
# A SYN or an ACK that is sent again counts again: nstat says how many.
overflow 17
"$TCPDWELL" stuck --netns "$full,$calm" -f json >"$WORK/once.json"
n=$(kernel "$full")
said=$(evidence "$full" <"$WORK/once.json")
[ "$n" -ge 17 ] && [[ $said = "accept-queue-full: "*"; accept queues of its namespace overflowed $n times" ]] &&
	ok overflows "$said" || fail overflows "$n by nstat; $said"
said=$(evidence "$calm" <"$WORK/once.json")
[[ $said = *"; no accept queue of its namespace overflowed" ]] && ok overflows "where none did: $said" ||
	fail overflows "where none did: $said"

"$TCPDWELL" stuck --watch -i 500ms --netns "$full" -f json >"$WORK/watch.json" 2>"$WORK/err" &
WATCH=$!
on_exit "kill $WATCH 2>/dev/null"
wait_for 20 grep -q "overflowed $n times, 0 since the last look" "$WORK/watch.json" ||
	fail overflows "no second look: $(tail -n 2 "$WORK/watch.json")"
overflow 5
after=$(kernel "$full")
wait_for 20 grep -q "overflowed $after times, 0 since the last look" "$WORK/watch.json"
kill -TERM $WATCH
wait $WATCH
# The five may fall into two looks; none is told twice.
sum=$(evidence "$full" <"$WORK/watch.json" | sed -n 's/.*, \([0-9]*\) since the last look/\1/p' | awk '{ n += $1 } END { print n }')
first=$(evidence "$full" <"$WORK/watch.json" | head -1)
[ "$sum" = $((after - n)) ] && [[ $first != *since* ]] && ok overflows "each is in one look: $(evidence "$full" <"$WORK/watch.json" | grep -v ', 0 since' | tail -1)" ||
	fail overflows "$sum of $((after - n)) in all looks; the first says '$first'"

start_exporter "$full" 127.0.0.1:9797 || exit 1
ip netns exec "$full" curl -s http://127.0.0.1:9797/metrics >"$WORK/metrics"
inode=$(stat -L -c %i "/run/netns/$full")
[ "$(value "$WORK/metrics" "tcpdwell_listen_overflows_total{netns=\"$inode\"}")" = "$(kernel "$full")" ] &&
	[ "$(value "$WORK/metrics" "tcpdwell_listen_drops_total{netns=\"$inode\"}")" = "$(drops "$full")" ] &&
	[ "$(grep -c '^tcpdwell_listen_overflows_total' "$WORK/metrics")" = 1 ] &&
	ok overflows "serve: $(grep '^tcpdwell_listen_' "$WORK/metrics" | tr '\n' ' ')" ||
	fail overflows "serve, $(kernel "$full") and $(drops "$full") by nstat: $(grep '^tcpdwell_listen_' "$WORK/metrics")"
stop_exporter overflows
