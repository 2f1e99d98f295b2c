#!/bin/bash
# Handshakes by the thousand, from a peer that answers when it likes: how long each took, what ended the others, those with
# a SYN cookie, a flood of SYNs, and a full accept queue.
. "$(dirname "$0")/../live.sh.inc"
can_trace field-handshakes || exit 0
needs field-handshakes python3 || exit 0
[ -c /dev/net/tun ] || { skip field-handshakes "no /dev/net/tun"; exit; }

for play in late failing cookies flood flooded burst young full; do
	timeout -k 5 90 python3 "$TESTS/live/field/handshakes.py" "$play" "$WORK" 2>"$WORK/err"
	status=$?
	[ $status = 0 ] || fail "field-handshakes-$play" "status $status: $(tail -n 3 "$WORK/err" | tr '\n' ' ')"
done
