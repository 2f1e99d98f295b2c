#!/bin/bash
# Connections that get no answer for a cause that this host knows, or was told: each by its own words, live and recorded,
# with a next command that shows it; and those that look alike and are only silent, or deferred, or a flood.
. "$(dirname "$0")/../live.sh.inc"
needs field-unreachable python3 ip nsenter nstat || exit 0
"$TCPDWELL" -q stuck >/dev/null 2>"$WORK/err" || { skip field-unreachable "cannot look at sockets here: $(head -1 "$WORK/err")"; exit; }

for situation in ways nobody_there loopback_down deferred refused; do
	timeout -k 5 300 python3 "$TESTS/live/field/unreachable.py" $situation >"$WORK/out" 2>"$WORK/err" </dev/null
	status=$?
	cat "$WORK/out"
	[ $status = 0 ] && [ -s "$WORK/out" ] || fail field-unreachable "$situation: status $status: $(tail -n 2 "$WORK/err" | tr '\n' ' ')"
done
