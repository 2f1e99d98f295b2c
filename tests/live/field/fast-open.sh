#!/bin/bash
# TCP Fast Open: a full socket, which a process may hold already, in SYN-RECEIVED since the SYN.
. "$(dirname "$0")/../live.sh.inc"
can_trace field-fast-open || exit 0
needs field-fast-open python3 || exit 0

for situation in vanishes not_accepted client_resets server_closes closed_then_reset listener_closes normal; do
	timeout -k 5 200 python3 "$TESTS/live/field/fast_open.py" $situation >"$WORK/$situation" 2>"$WORK/$situation.err"
	status=$?
	cat "$WORK/$situation"
	[ $status = 0 ] || fail field-fast-open "$situation: status $status: $(tail -n 3 "$WORK/$situation.err" | tr '\n' ' ')"
done
