#!/bin/bash
# Packet filters: redirected connections are those of the listener that gets them; what this host itself rejects is told
# as turned back, not as a peer that is gone.
. "$(dirname "$0")/../live.sh.inc"
needs field-packet-filter python3 nft ip ping nsenter || exit 0
"$TCPDWELL" -q stuck >/dev/null 2>"$WORK/err" || { skip field-packet-filter "cannot look at sockets here: $(head -1 "$WORK/err")"; exit; }

for situation in redirect tproxy reject black_hole; do
	timeout -k 5 200 python3 "$TESTS/live/field/packet_filter.py" $situation >"$WORK/out" 2>"$WORK/err" </dev/null
	status=$?
	cat "$WORK/out"
	[ $status = 0 ] && [ -s "$WORK/out" ] || fail field-packet-filter "$situation: status $status: $(tail -n 2 "$WORK/err" | tr '\n' ' ')"
done
