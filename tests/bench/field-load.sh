#!/bin/bash
# field-load.sh BUILD [MINUTES] - a mixed load of real programs in a network namespace of its own, on loopback: nginx, haproxy
# (one request a connection, and keep-alive), redis, PostgreSQL through pgbouncer, socat with half-closed connections, git and
# rsync. `serve` and `stuck --watch` look on, and nothing may be found. Then one leak is planted in each service, and a
# server and one of two workers are frozen: each is found and named, and nothing else. A result line each, as the tests have.
export BUILD=$1
. "$(dirname "$0")/../lib.sh"
MINUTES=${2:-30}
[[ $MINUTES =~ ^[1-9][0-9]*$ ]] || { echo "error: '$MINUTES' is no number of minutes" >&2; exit 2; }
PATH=$PATH:/usr/sbin:$(echo /usr/lib/postgresql/*/bin | tr ' ' :)

[ "$(id -u)" = 0 ] || { skip field-load "only root can trace"; exit; }
needs field-load nginx haproxy redis-server redis-benchmark initdb pgbench pgbouncer ab wrk socat git rsync python3 curl || exit 0
new_netns netns || { fail field-load "no network namespace"; exit 1; }
chmod 755 "$WORK"

here() { ip netns exec "$netns" "$@"; }
# In the background: its pid is that of the program.
there() { exec ip netns exec "$netns" "$@"; }
# As somebody whom PostgreSQL takes: it refuses root.
plain() { "${AS:-here}" setpriv --reuid postgres --regid postgres --clear-groups env HOME="$WORK/pg" "$@"; }

# A service in the foreground of a job of ours, gone with us.
service() { # NAME PORT COMMAND...
	AS=there "${@:3}" >"$WORK/$1.log" 2>&1 &
	SERVICE=$!
	on_exit "kill -CONT $SERVICE 2>/dev/null; kill $SERVICE 2>/dev/null; wait $SERVICE 2>/dev/null"
	wait_for 30 sh -c "ip netns exec $netns ss -tlnH 'sport = :$2' | grep -q ." && return
	fail field-load "$1 does not listen on port $2: $(tail -3 "$WORK/$1.log")"
	exit 1
}

# ---- services ----

mkdir -p "$WORK"/{www,nginx,pg,git,rsync}
chown postgres: "$WORK/pg"
head -c 20000 /dev/zero >"$WORK/www/index.html"
cat >"$WORK/nginx.conf" <<END
user root; daemon off; worker_processes 2; pid $WORK/nginx/pid; error_log stderr;
events { worker_connections 500; }
http {
	access_log off; client_body_temp_path $WORK/nginx/b; proxy_temp_path $WORK/nginx/p; fastcgi_temp_path $WORK/nginx/f;
	uwsgi_temp_path $WORK/nginx/u; scgi_temp_path $WORK/nginx/s;
	server { listen 127.0.0.1:8080 reuseport; root $WORK/www; keepalive_timeout 20s; }
}
END
cat >"$WORK/haproxy.cfg" <<END
global
	maxconn 500
defaults
	mode http
	timeout connect 5s
	timeout client 30s
	timeout server 30s
frontend closing
	bind 127.0.0.1:8081
	option httpclose
	default_backend web
frontend keeping
	bind 127.0.0.1:8082
	option http-keep-alive
	default_backend web
backend web
	server nginx 127.0.0.1:8080
END
cat >"$WORK/pg/bouncer.ini" <<END
[databases]
postgres = host=127.0.0.1 port=5432 user=postgres
[pgbouncer]
listen_addr = 127.0.0.1
listen_port = 6432
unix_socket_dir =
auth_type = any
pool_mode = transaction
default_pool_size = 4
END
plain initdb -D "$WORK/pg/data" -A trust -U postgres >"$WORK/initdb.log" 2>&1 || { fail field-load "initdb: $(tail -2 "$WORK/initdb.log")"; exit 1; }
git -c init.defaultBranch=main init -q --bare "$WORK/git/repo.git"
git -c user.name=x -c user.email=x@x -c init.defaultBranch=main init -q "$WORK/git/work" &&
	head -c 300000 /dev/urandom >"$WORK/git/work/file" && git -C "$WORK/git/work" add file &&
	git -C "$WORK/git/work" -c user.name=x -c user.email=x@x commit -qm x && git -C "$WORK/git/work" push -q "$WORK/git/repo.git" HEAD:main
printf '[files]\npath = %s\nuse chroot = no\nuid = root\ngid = root\n' "$WORK/www" >"$WORK/rsync/conf"

service nginx 8080 there nginx -c "$WORK/nginx.conf"
NGINX=$SERVICE
service haproxy 8081 there haproxy -db -f "$WORK/haproxy.cfg"
service redis 6379 there redis-server --bind 127.0.0.1 --port 6379 --save '' --dir "$WORK"
REDIS=$SERVICE
service postgres 5432 plain postgres -D "$WORK/pg/data" -c listen_addresses=127.0.0.1 -c unix_socket_directories=
service pgbouncer 6432 plain pgbouncer "$WORK/pg/bouncer.ini"
# Answers once the client has said all.
service socat 7000 there socat -t5 TCP-LISTEN:7000,bind=127.0.0.1,fork,reuseaddr SYSTEM:'cat >/dev/null; sleep 0.3; echo done'
# Says goodbye at once.
service socat-bye 7001 there socat -t1 TCP-LISTEN:7001,bind=127.0.0.1,fork,reuseaddr SYSTEM:'echo bye'
service git 9418 there git daemon --reuseaddr --listen=127.0.0.1 --export-all --base-path="$WORK/git"
service rsync 8730 there rsync --daemon --no-detach --address=127.0.0.1 --port=8730 --config="$WORK/rsync/conf"
plain pgbench -h 127.0.0.1 -p 5432 -U postgres -i -q postgres >"$WORK/pgbench.log" 2>&1 || fail field-load "pgbench -i: $(tail -2 "$WORK/pgbench.log")"

# ---- load ----

# load NAME SECONDS COMMAND...: again and again, with a pause, until the load is over. Each has to work.
load() {
	while [ -d "$WORK" ] && [ ! -e "$WORK/over" ]; do
		"${@:3}" >"$WORK/load-$1.log" 2>&1 && echo >>"$WORK/played-$1" || echo "$1: status $?" >>"$WORK/load.err"
		sleep "$2"
	done &
	LOADS+=($!)
}
LOADS=()
on_exit 'touch "$WORK/over"; wait "${LOADS[@]}"'
# shellcheck disable=SC2016 # for sh
half_close() { here sh -c 'test "$(echo hello | socat -t5 - TCP:127.0.0.1:7000)" = done'; }
clone() { rm -rf "$WORK/git/clone" && here git clone -q git://127.0.0.1/repo.git "$WORK/git/clone"; }
copy() { rm -rf "$WORK/rsync/copy" && here rsync -a --port=8730 127.0.0.1::files/ "$WORK/rsync/copy"; }
load ab 1 here ab -q -n 60 -c 8 http://127.0.0.1:8081/index.html
load wrk 2 here wrk -t1 -c8 -d3 http://127.0.0.1:8082/index.html
load wrk-nginx 3 here wrk -t1 -c4 -d2 http://127.0.0.1:8080/index.html
load redis 2 here redis-benchmark -p 6379 -n 3000 -c 10 -q -t set,get
load pgbench 1 plain pgbench -h 127.0.0.1 -p 6432 -U postgres -n -c 6 -T 3 postgres
load pgbench-new 2 plain pgbench -h 127.0.0.1 -p 6432 -U postgres -n -S -C -c 2 -t 20 postgres
load socat 0.2 half_close
load git 2 clone
load rsync 2 copy

"$TCPDWELL" serve 127.0.0.1:0 --netns "$netns" --ready-file "$WORK/ready" 2>"$WORK/serve.err" &
on_exit "kill $! 2>/dev/null"
wait_for 30 test -s "$WORK/ready" || { fail field-load "serve: $(cat "$WORK/serve.err")"; exit 1; }
metrics=$(grep -oE 'http://[^ ]*/metrics' "$WORK/serve.err")
"$TCPDWELL" stuck --watch -i 2 --netns "$netns" -f json >"$WORK/watch" 2>"$WORK/watch.err" &
WATCH=$!
on_exit "kill $WATCH 2>/dev/null"

scrapes=0
until=$((SECONDS + MINUTES * 60))
while [ $SECONDS -lt $until ]; do
	sleep 5
	curl -s "$metrics" >"$WORK/metrics" && scrapes=$((scrapes + 1))
	grep '^tcpdwell_findings' "$WORK/metrics" | grep -vE ' 0$|-(held|unread)"' | sed "s/^/$(date +%T) /" >>"$WORK/served"
done
kill -TERM "$WATCH"
wait "$WATCH"
# On a busy host a process may take more than a second to read or to close. That much is said of it, in neutral words; it
# may not last.
jq -rs '[.[] | select(.event == "stuck" and .rule != null)] | group_by(.cookie)[] | select(length > 1 or (.[0].rule | test("-(held|unread)$") | not)) | .[0] |
	"\(.time) \(.state) \(.age_ns / 1e9) \(.rule) \(.owner) \(.lport) \(.rport): \(.evidence)"' "$WORK/watch" >"$WORK/watched"
looks=$(grep -c '"event":"census"' "$WORK/watch")
[ ! -s "$WORK/served" ] && ok field-load "serve: nothing found in $scrapes scrapes" || fail field-load "serve: $(wc -l <"$WORK/served") findings: $(head -5 "$WORK/served")"
moments=$(jq -rs '[.[] | select(.event == "stuck" and .rule != null)] | group_by(.cookie) | map(select(length == 1)) | length' "$WORK/watch")
[ ! -s "$WORK/watched" ] && ok field-load "stuck --watch: nothing found in $looks looks ($moments sockets in one look each, in neutral words)" ||
	fail field-load "stuck --watch: $(wc -l <"$WORK/watched") sockets in $looks looks: $(head -5 "$WORK/watched")"
touch "$WORK/over"
wait "${LOADS[@]}"
played=$(for file in "$WORK"/played-*; do echo "${file##*/played-} $(wc -l <"$file")"; done | tr '\n' ' ')
[ "$(wc -w <<<"$played")" = 18 ] && [ ! -s "$WORK/load.err" ] && ok field-load "played: $played" || fail field-load "played: $played; failed: $(sort "$WORK/load.err" | uniq -c | head -5)"

# ---- a leak in each ----

cat >"$WORK/leak.py" <<'END2'
import ctypes, socket, sys
libc, keep = ctypes.CDLL(None), []
name, port, words = sys.argv[1], int(sys.argv[2]), sys.argv[3].encode().decode("unicode_escape").encode("latin-1")
libc.prctl(15, name.encode(), 0, 0, 0)
sock = socket.create_connection(("127.0.0.1", port))
sock.sendall(words)
while sock.recv(4096):
    pass
print("ready", flush=True)
sys.stdin.read()
END2
mkfifo "$WORK/stop"
# shellcheck disable=SC2034 # held open
exec {stop}<>"$WORK/stop"
leak() { # NAME PORT WORDS: after which the service closes
	there python3 "$WORK/leak.py" "leak-$1" "$2" "$3" <"$WORK/stop" >"$WORK/leak-$1" 2>&1 &
	on_exit "kill $! 2>/dev/null"
	wait_for 20 grep -q ready "$WORK/leak-$1" || fail field-load "leak at $1: the service does not close: $(cat "$WORK/leak-$1")"
}

# findings: "RULE COMM" of what is found, but for the other ends of our own leaks.
findings() {
	"$TCPDWELL" stuck --netns "$netns" -f json >"$WORK/look"
	jq -rs '[.[] | select(.event == "stuck")] as $all | [$all[] | select((.comm // "") | startswith("leak-")) | "\(.rport) \(.lport)"] as $ends |
		$all[] | select(.rule != null) | select(("\(.lport) \(.rport)" | IN($ends[])) | not) |
		"\(.rule) \(.comm // .owner)"' "$WORK/look" | sort -u
}

sleep 3
before=$(findings)
[ -z "$before" ] && ok field-load "after the load: nothing found" || fail field-load "after the load: $before"
leak nginx 8080 'GET / HTTP/1.0\r\n\r\n'
leak haproxy 8081 'GET / HTTP/1.1\r\nHost: x\r\n\r\n'
leak redis 6379 'QUIT\r\n'
leak postgres 5432 '\0\0\0\x08\0\0\0\0'
leak pgbouncer 6432 '\0\0\0\x08\0\0\0\0'
leak git 9418 '0008none'
leak rsync 8730 'nonsense\n'
leak socat 7001 ''
sleep 2
found=$(findings | tr '\n' ';')
wanted=$(for at in git haproxy nginx pgbouncer postgres redis rsync socat; do echo "close-wait-held leak-$at"; done | tr '\n' ';')
[ "$found" = "$wanted" ] && ok field-load "a leak in each: $found" || fail field-load "leaks: '$found', not '$wanted'"

# ---- a server is frozen, and a worker ----

# clients PORT WORDS COUNT: connections that say so and wait for an answer.
clients() {
	there python3 -c 'import socket, sys
s = [socket.create_connection(("127.0.0.1", int(sys.argv[1]))) for _ in range(int(sys.argv[3]))]
[x.sendall(sys.argv[2].encode().decode("unicode_escape").encode()) for x in s]
[x.settimeout(1) for x in s]
for x in s:
    try:
        while x.recv(65536): pass
        x.close()
    except TimeoutError: pass
print("ready", flush=True); sys.stdin.read()' "$@" <"$WORK/stop" >"$WORK/client-$1" &
	CLIENT=$!
	on_exit "kill $CLIENT 2>/dev/null"
	wait_for 60 grep -q ready "$WORK/client-$1"
}

# frozen NAME PID: is it named, as what holds up its clients, and nothing else found? What its clients reset meanwhile it
# still holds.
frozen() {
	local found owner
	found=$(findings | grep -v ' leak-')
	owner=$(jq -r 'select(.event == "stuck" and .rule == "closed-held").owner' "$WORK/look" | grep -v '^leak-' | sort -u)
	[ -z "$owner" ] || [ "$owner" != "$1[$2]" ] || found=$(grep -vx "closed-held $1" <<<"$found")
	owner=$(jq -r 'select(.event == "stuck" and .rule == "not-accepted").owner' "$WORK/look" | sort -u)
	[ "$found" = "not-accepted $1" ] && [ "$owner" = "~$1[$2]" ] && ok field-load "frozen: $found, $owner" ||
		fail field-load "frozen: '$found', '$owner', not $1[$2]"
	kill -CONT "$2"
	kill "$CLIENT"
}

kill -STOP "$REDIS"
clients 6379 'PING\r\n' 3
sleep 1
frozen redis-server "$REDIS"
WORKER=$(pgrep -P "$NGINX" | head -1)
kill -STOP "$WORKER"
clients 8080 'GET / HTTP/1.0\r\n\r\n' 20
frozen nginx "$WORKER"
