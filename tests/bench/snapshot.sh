#!/bin/bash
# snapshot.sh BUILD [SOCKETS] - one shot of `stuck` beside `ss -tanp`, over the same sockets (default 20,000, in mixed
# states, of several processes), turn by turn; medians of wall time and CPU time, and their ratio.
BUILD=${1:-build}
cd "$(dirname "$0")/../.." || exit 1
. tests/live/live.sh.inc

SOCKETS=${2:-20000}
ROUNDS=${ROUNDS:-15}

new_netns netns || exit 1
start_trouble "$netns" "$WORK/many" many "$SOCKETS" || exit 1
sleep 1

# once NAME COMMAND...: "WALL CPU" in ms, appended to NAME's times.
once() {
	local name=$1 TIMEFORMAT='%R %U %S'
	shift
	{ time "$@" >"$WORK/$name.out" 2>/dev/null; } 2>&1 | awk '{ print $1 * 1000, ($2 + $3) * 1000 }' >>"$WORK/$name.times"
}
median() { sort -n -k "$2" "$WORK/$1.times" | awk -v k="$2" '{ v[NR] = $k } END { print v[int((NR + 1) / 2)] }'; }

for ((i = 0; i < ROUNDS; i++)); do
	once ss ip netns exec "$netns" ss -tanp
	once text "$TCPDWELL" stuck --netns "$netns"
	once all "$TCPDWELL" stuck --netns "$netns" -f json -s listen,established,syn-sent,syn-received,fin-wait-1,fin-wait-2,close-wait,closing,last-ack,time-wait
done
printf '%-34s %10s %10s %8s\n' "$(wc -l <"$WORK/all.out") sockets, $ROUNDS rounds" 'wall, ms' 'CPU, ms' 'of ss'
json="{\"sockets\": $(wc -l <"$WORK/all.out")}"
for name in ss text all; do
	json=$(jq --arg name "$name" --argjson wall "$(median $name 1)" --argjson cpu "$(median $name 2)" \
		'.[$name] = {wall_ms: $wall, cpu_ms: $cpu}' <<<"$json")
	case $name in
	ss) what='ss -tanp' ;;
	text) what='tcpdwell stuck' ;;
	all) what='tcpdwell stuck, each as JSON' ;;
	esac
	printf '%-34s %10.0f %10.0f %7.2fx\n' "$what" "$(median $name 1)" "$(median $name 2)" \
		"$(echo "$(median $name 1) $(median ss 1)" | awk '{ print $1 / $2 }')"
done
# Into the file that bench.sh has written, if it has.
if [ -s "$BUILD/bench.json" ]; then
	jq --argjson snapshot "$json" '.snapshot = $snapshot' "$BUILD/bench.json" >"$WORK/bench.json" &&
		cp "$WORK/bench.json" "$BUILD/bench.json"
fi
