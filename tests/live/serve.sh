#!/bin/bash
# `serve`: what it exports is what `trace` and `stuck` tell of the same traffic; HTTP as it should be; nothing that
# clients do harms it; signals, ports, privileges.
. "$(dirname "$0")/serve.sh.inc"
can_trace serve && needs serve curl || exit 0
again_if_withheld serve moves
"$TCPDWELL" --list-metrics >/dev/null || exit 1

PORT=9798
URL=http://127.0.0.1:$PORT
OPEN='Accept: application/openmetrics-text;version=1.0.0,text/plain;version=0.0.4;q=0.5'
new_netns netns || { fail serve "no network namespace"; exit 1; }
in_netns() { ip netns exec "$netns" "$@"; }
get() { in_netns curl -s -m 20 "$@"; }

# says NAME PATTERN FILE
says() {
	grep -qE -- "$2" "$3" && ok serve "$1: $(grep -m1 -E -- "$2" "$3" | tr -d '\r' | head -c 120)" ||
		fail serve "$1: '$2' is not in: $(head -c 300 "$3" | tr '\r\n' '  ')"
}

# equal NAME LEFT RIGHT: two lists, not empty.
equal() {
	if diff "$2" "$3" >"$WORK/diff" && [ -s "$2" ]; then
		ok serve "$1: $(wc -l <"$2"), the same"
	else
		fail serve "$1: $(head -6 "$WORK/diff" | tr '\n' ' ')"
	fi
}

# ---- where it listens ----

start_exporter "$netns" -P '7001-7200' || exit 1
says "default" "^listening on http://127.0.0.1:$PORT/metrics" "$WORK/$netns.err"
in_netns "$TCPDWELL" serve --netns "$netns" >"$WORK/out" 2>"$WORK/err"
[ $? = 1 ] && [ "$(grep -c ^error: "$WORK/err")" = 1 ] && [ ! -s "$WORK/out" ] && says "port in use" '^hint: .*ss -tlnp' "$WORK/err" ||
	fail serve "port in use: $(cat "$WORK/err")"
in_netns "$TCPDWELL" serve 192.0.2.1:1 >"$WORK/out" 2>"$WORK/err"
[ $? = 1 ] && says "an address of nobody" '^hint: .*ip addr' "$WORK/err" || fail serve "an address of nobody: $(cat "$WORK/err")"
wait_for 5 grep -q '^NoNewPrivs:\s*1' "/proc/$EXPORTER/status" && ! grep -qE '^Cap(Eff|Prm):\s*0*[4-9a-f]' "/proc/$EXPORTER/status" &&
	ok serve "privileges given up: $(grep CapEff "/proc/$EXPORTER/status" | tr '\t' ' ')" ||
	fail serve "privileges: $(grep -E 'Cap|NoNew' "/proc/$EXPORTER/status" | tr '\n\t' '  ')"

# ---- HTTP ----

get -i "$URL/metrics" >"$WORK/text"
says "text" '^Content-Type: text/plain; version=0.0.4; charset=utf-8' "$WORK/text"
get -i -H "$OPEN" "$URL/metrics" >"$WORK/open"
says "openmetrics" '^Content-Type: application/openmetrics-text; version=1.0.0; charset=utf-8' "$WORK/open"
[ "$(tail -n 1 "$WORK/open")" = "# EOF" ] && ok serve "openmetrics ends in # EOF" || fail serve "no # EOF"
get -H 'Accept: application/openmetrics-text;q=0,text/plain;q=0.5' -i "$URL/metrics" >"$WORK/other"
says "refused by quality" '^Content-Type: text/plain' "$WORK/other"
get -I "$URL/metrics" >"$WORK/head"
says "HEAD" '^HTTP/1.1 200 OK' "$WORK/head"
says "HEAD" '^Content-Length: [0-9]{5,}' "$WORK/head"
[ "$(tr -d '\r' <"$WORK/head" | tail -n 1)" = "" ] && ok serve "HEAD has no body" || fail serve "HEAD has a body"
get -i "$URL/" >"$WORK/page"
says "page" '^Content-Type: text/html; charset=utf-8' "$WORK/page"
says "page" 'href="metrics"' "$WORK/page"
says "page" '<th>TIME-WAIT</th><td>' "$WORK/page"
get -i "$URL/healthz" >"$WORK/health"
says "health" '^HTTP/1.1 200 OK' "$WORK/health"
for path in /metrics/ /metric /../etc/passwd /%2e%2e /healthz.php; do
	[ "$(get --path-as-is -o /dev/null -w '%{http_code}' "$URL$path")" = 404 ] && ok serve "404 for $path" || fail serve "no 404 for $path"
done
for method in POST PUT DELETE OPTIONS TRACE PATCH; do
	get -i -X $method "$URL/metrics" >"$WORK/out"
	grep -q '^HTTP/1.1 405' "$WORK/out" && grep -qi '^Allow: GET, HEAD' "$WORK/out" && ok serve "405 for $method" ||
		fail serve "$method: $(head -3 "$WORK/out" | tr '\r\n' '  ')"
done
head -c 3000000 /dev/zero | get -i -H 'Expect:' --data-binary @- "$URL/metrics" >"$WORK/out"
! grep -q '^HTTP/1.1 200' "$WORK/out" && ok serve "3 MB for nothing: $(head -1 "$WORK/out" | tr -d '\r')" || fail serve "takes a POST"

# ---- harm ----

get -o /dev/null -w '%{http_code}\n' -H "X: $(head -c 60000 /dev/zero | tr '\0' x)" "$URL/metrics" >"$WORK/out"
says "60 kB of header" '^(431|413|400|000)$' "$WORK/out"
get -o /dev/null -w '%{http_code}\n' "$URL/$(head -c 60000 /dev/zero | tr '\0' x)" >"$WORK/out"
says "60 kB of path" '^(414|431|400|000)$' "$WORK/out"
cat >"$WORK/rude" <<-'END'
	for i in $(seq 20); do
		head -c $((i * 700)) /dev/urandom >/dev/tcp/127.0.0.1/$1
		printf 'GET /metrics HTTP/1.1\r\nHost: x\r\nAccept: \xff\xfe\x80;;q=,\r\n\r\n' >/dev/tcp/127.0.0.1/$1
		printf 'GET /metrics HTTP/1.1\r\nHo' >/dev/tcp/127.0.0.1/$1
	done 2>/dev/null
	# Half-open, silent, and asking without ever reading, for as long as the test goes on.
	for fd in $(seq 20 79); do
		eval "exec $fd<>/dev/tcp/127.0.0.1/$1"
		[ $((fd % 3)) = 0 ] || printf 'GET /metrics HTTP/1.1\r\nHost: x\r\n' >&$fd
		[ $((fd % 3)) = 1 ] || printf '\r\n' >&$fd
	done
	: >"$2"
	read -r _
END
mkfifo "$WORK/stop"
in_netns bash "$WORK/rude" $PORT "$WORK/rude.up" <"$WORK/stop" &
exec 3>"$WORK/stop"
wait_for 20 test -e "$WORK/rude.up" || fail serve "the rude clients did not come up"
took=$(get -o /dev/null -w '%{http_code} %{time_total}' "$URL/metrics")
[ "${took% *}" = 200 ] && ok serve "beside 60 rude clients: $took s" || fail serve "beside 60 rude clients: $took"

# ---- what it exports ----

# The transitions of both begin in the same quiet moment; the exporter has seen nothing of these ports before.
start_tracer "$WORK/trace.json" trace -f json --netns "$netns" -P '7001-7200' \
	-s listen,established,syn-sent,syn-received,fin-wait-1,fin-wait-2,close-wait,closing,last-ack,time-wait || exit 1
play "$netns" "$WORK/truth" active-close passive-close half-close refused linger-reset unread-reset >/dev/null 2>&1 ||
	fail serve "the traffic did not play"
play "$netns" "$WORK/truth" -n 211 churn >/dev/null 2>&1 || fail serve "the churn did not play"
# What no event tells, sweeps do, within a second or as soon as others let it.
waits_of_ss() { in_netns ss -Htan '( sport >= :7001 and sport <= :7200 ) or ( dport >= :7001 and dport <= :7200 )' | grep -c TIME-WAIT; }
all_wait() { get "$URL/metrics" >"$WORK/metrics" && [ "$(value "$WORK/metrics" 'tcpdwell_connections{state="TIME-WAIT"}')" = "$(waits_of_ss)" ]; }
wait_for 10 all_wait
sleep 1.1
get "$URL/metrics" >"$WORK/metrics"
get -H "$OPEN" "$URL/metrics" >"$WORK/metrics.om"
stop_tracer || fail serve "tcpdwell ended with $?"

for file in metrics metrics.om; do
	"$TESTS/metrics.awk" "$WORK/$file" >"$WORK/problems"
	[ ! -s "$WORK/problems" ] && ok serve "$file is well formed: $(grep -vc '^#' "$WORK/$file") series" ||
		fail serve "$file: $(head -3 "$WORK/problems")"
done
if needs serve promtool; then
	check serve "promtool check metrics" sh -c "promtool check metrics <'$WORK/metrics' 2>&1 | grep . && exit 1 || :"
fi
told() { jq -r "select(.event == \"transition\") | $1" "$WORK/trace.json" | sort | uniq -c | awk '{ print $2, $1 }' | sort; }
told '"\(.from),\(.to)"' >"$WORK/told"
sed -nE 's/^tcpdwell_transitions_total\{from="(.*)",to="(.*)"\} ([1-9].*)/\1,\2 \3/p' "$WORK/metrics" | sort >"$WORK/exported"
equal "transitions, as trace tells them" "$WORK/exported" "$WORK/told"
told 'select(.to == "CLOSED") | "\(.from),\(.cause)"' >"$WORK/told"
sed -nE 's/^tcpdwell_ends_total\{state="(.*)",cause="(.*)"\} ([1-9].*)/\1,\2 \3/p' "$WORK/metrics" | sort >"$WORK/exported"
equal "ends, as trace tells them" "$WORK/exported" "$WORK/told"
jq -r 'select(.event == "histogram") | "\(.state) \(.count // "-") \(.partial // "-")"' "$WORK/trace.json" | sort >"$WORK/told"
jq -r 'select(.event == "histogram") | .state' "$WORK/trace.json" | sort | while read -r state; do
	echo "$state $(value "$WORK/metrics" "tcpdwell_state_duration_seconds_count{state=\"$state\"}")" \
		"$(value "$WORK/metrics" "tcpdwell_partial_dwells_total{state=\"$state\"}")"
done >"$WORK/exported"
equal "dwells, as trace tells them" "$WORK/exported" "$WORK/told"
waits_of_ss >"$WORK/told"
value "$WORK/metrics" 'tcpdwell_connections{state="TIME-WAIT"}' >"$WORK/exported"
equal "TIME-WAITs, as ss shows them" "$WORK/exported" "$WORK/told"
[ "$(value "$WORK/metrics" 'tcpdwell_lost_records_total{kind="transition"}')" = 0 ] && ok serve "nothing lost" || fail serve "lost records"
says "of itself" '^process_cpu_seconds_total [0-9.]+$' "$WORK/metrics"
exec 3>&-

# ---- when it cannot look any more ----

cat >"$WORK/no-files" <<-'END'
	exec 3<>/dev/tcp/127.0.0.1/$1
	ask() { printf 'GET %s HTTP/1.1\r\nHost: x\r\n%s\r\n' "$1" "$2" >&3; }
	# Its head, line by line, then its body, of which the length is known.
	answer() {
		local line=x length=0
		status=''
		while read -r -t 5 line <&3 && [ "$line" != $'\r' ]; do
			status=${status:-$line}
			[[ $line = Content-Length:* ]] && length=${line//[!0-9]/}
		done
		read -r -t 5 -N "$length" body <&3
		echo "$status $body"
	}
	ask /healthz ''
	answer
	eval "$3" --nofile=1:
	# An answer may be a second old, and a census that took long is not taken again at once.
	for _ in $(seq 20); do
		sleep 1.1
		ask /healthz ''
		answer
		[[ $status = *200* ]] || break
	done
	ask /metrics $'Connection: close\r\n'
	cat <&3
END
# Root without CAP_SYS_RESOURCE may limit its own processes alone, and the exporter is not root any more.
limit="setpriv --reuid 65534 --regid 65534 --clear-groups prlimit --pid $EXPORTER"
in_netns bash "$WORK/no-files" $PORT "$EXPORTER" "$limit" >"$WORK/out"
says "no file can be opened" '^HTTP/1.1 503' "$WORK/out"
says "no file can be opened" 'tcpdwell cannot see the sockets of this host' "$WORK/out"
grep -q '^tcpdwell_transitions_total' "$WORK/out" && ! grep -qE '^tcpdwell_(connections|findings)\{' "$WORK/out" &&
	ok serve "no file can be opened: what it does not know has no sample" || fail serve "no file can be opened: samples of nothing"
$limit --nofile=1024:
wait_for 10 sh -c "ip netns exec $netns curl -sf $URL/healthz | grep -q ^ok" && ok serve "files again: healthy again" ||
	fail serve "not healthy again: $(get "$URL/healthz")"

# ---- signals ----

kill -HUP "$EXPORTER"
sleep 0.2
[ "$(get "$URL/healthz")" = ok ] && ok serve "SIGHUP is ignored" || fail serve "SIGHUP ended it"
stop_exporter serve
# Without a file to open, namespaces cannot be entered: as said, at most once for each number of them.
grep -vE '^(listening|error: cannot look|hint: a higher limit of open files|CAP_|warning: [0-9]+ network namespaces? could)' "$WORK/$netns.err" | grep . >"$WORK/err" && fail serve "says: $(head -3 "$WORK/err")"

# ---- other addresses, groups, findings ----

start_exporter "$netns" '[::1]:0' -b comm,remote-port --max-groups 2 -P '7001-7200' || exit 1
url=$(sed -n 's/^listening on \(.*\)/\1/p' "$WORK/$netns.err")
play "$netns" "$WORK/truth" half-close passive-close active-close >/dev/null 2>&1
sleep 2.2
get -g "$url" >"$WORK/metrics"
says "port 0 of ::1" '^tcpdwell_state_duration_seconds_count\{state="[A-Z0-9-]+",comm="(~?traffic|\?)",remote_port="([0-9]+|\?)"\} ' "$WORK/metrics"
says "groups beyond the cap" '^tcpdwell_state_duration_seconds_count\{state="[A-Z-]+",comm="\(other\)",remote_port="\(other\)"\} [1-9]' "$WORK/metrics"
says "groups beyond the cap" '^tcpdwell_label_overflow_total [1-9]' "$WORK/metrics"
stop_exporter serve

# Who waits for the ready file may read the address: behind a full pipe, neither is there.
mkfifo "$WORK/said" && exec {said}<>"$WORK/said" && dd if=/dev/zero of="$WORK/said" oflag=nonblock bs=4096 count=16 2>/dev/null
launch "$WORK/ready" "$WORK/said" ip netns exec "$netns" "$TCPDWELL" serve 127.0.0.1:0 --netns "$netns"
sleep 2
[ ! -e "$WORK/ready" ] && ok serve "the ready file waits for the address" || fail serve "the ready file is there before the address was told"
head -c 65536 <&"$said" >/dev/null
wait_for 20 test -s "$WORK/ready" && timeout 1 head -n 1 <&"$said" >"$WORK/err"
says "the ready file comes after the address" "^listening on http://127.0.0.1:[0-9]+/metrics" "$WORK/err"
kill -TERM "$LAUNCHED" && wait "$LAUNCHED"
exec {said}>&-

new_netns troubled || exit 1
start_exporter "$troubled" ":$PORT" --patience 1s || exit 1
says "any address" "^listening on http://(\[::\]|0\.0\.0\.0):$PORT/" "$WORK/$troubled.err"
ip netns exec "$troubled" "$BUILD/traffic" -n 11 -w 60 leak >/dev/null 2>&1 &
on_exit "kill $! 2>/dev/null"
# Until all leak. The two look one after the other; what is young may have become old enough in between.
for _ in {1..20}; do
	"$TCPDWELL" stuck --netns "$troubled" --patience 1s -f json | jq -r 'select(.event == "stuck" and .rule) |
		.rule + "," + (if (.owner | startswith("(") or . == "?") then "" else (.owner | ltrimstr("~") | sub("\\[.*"; "")) end)' |
		sort | uniq -c | awk '{ print $2, $1 }' >"$WORK/told"
	ip netns exec "$troubled" curl -s "$URL/metrics" |
		sed -nE 's/^tcpdwell_findings\{rule="(.*)",comm="(.*)"\} ([1-9].*)/\1,\2 \3/p' | grep -v ^time-wait | sort >"$WORK/exported"
	diff <(sort "$WORK/told") "$WORK/exported" >/dev/null && grep -q '^close-wait-leak,leaky-server 11' "$WORK/told" && break
	sleep 1
done
sort -o "$WORK/told" "$WORK/told"
equal "findings, as stuck tells them" "$WORK/exported" "$WORK/told"
grep -q '^close-wait-leak,leaky-server 11' "$WORK/exported" && ok serve "finds the leak: $(tr '\n' ' ' <"$WORK/exported")" ||
	fail serve "does not find the leak: $(tr '\n' ' ' <"$WORK/exported")"
stop_exporter serve
