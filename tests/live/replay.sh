#!/bin/bash
# Same from file: what -w recorded, -r shows byte for byte as the live run did, in every format, as an ordinary
# user and without BPF.
. "$(dirname "$0")/live.sh.inc"
can_trace replay || exit 0

new_netns netns || exit 1
chmod 755 "$WORK"
FORMATS="text json csv"
PIDS=()
COMMON=(--netns "$netns" -i 1 -b 'comm,remote-port')

for format in $FORMATS; do
	start_tracer "$WORK/$format" -f "$format" -w "$WORK/$format.rec" "${COMMON[@]}" || exit 1
	PIDS+=("$TRACER")
done
start_tracer "$WORK/hist" hist -s established,time-wait,fin-wait-1 -w "$WORK/hist.rec" --netns "$netns" || exit 1
PIDS+=("$TRACER")
play "$netns" "$WORK/truth" -n 3 active-close silent-move linger-reset kill-time-wait half-close >/dev/null ||
	fail replay "the traffic did not play"
play "$netns" "$WORK/truth" -n 503 churn >/dev/null || fail replay "the churn did not play"
sleep 1.1
for pid in "${PIDS[@]}"; do
	kill -TERM "$pid"
	wait "$pid" || fail replay "a tracer ended with $?"
done
chmod 644 "$WORK"/*.rec

# replay ARGUMENT...: as an ordinary user.
replay() { plainly "$TCPDWELL" "$@"; }

# same NAME ARGUMENT...
same() {
	local name=$1
	shift
	if replay -r "$WORK/$name.rec" "$@" >"$WORK/again" 2>"$WORK/err" && cmp -s "$WORK/$name" "$WORK/again"; then
		ok replay "$name: $(wc -l <"$WORK/$name") lines, $(wc -c <"$WORK/$name") bytes, all the same"
	else
		fail replay "$name: $(cat "$WORK/err") $(diff "$WORK/$name" "$WORK/again" | head -4 | tr '\n' ' ')"
	fi
}

for format in $FORMATS; do
	same "$format" -f "$format" "${COMMON[@]}"
done
same hist hist -s established,time-wait,fin-wait-1 --netns "$netns"

# A filter on replay finds what a filter on the host would have.
replay -r "$WORK/json.rec" -f json -P 7001 | jq -e -n '[inputs | select(.event == "transition")
	| .lport == 7001 or .rport == 7001] | all and length > 0' >/dev/null &&
	ok replay "a port filter narrows a recording" || fail replay "a port filter on a recording"
