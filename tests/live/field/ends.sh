#!/bin/bash
# What will end a connection, and when: told while it waits, and then seen.
. "$(dirname "$0")/../live.sh.inc"
can_trace field-ends || exit 0
needs field-ends python3 ss || exit 0
[ -c /dev/net/tun ] || { skip field-ends "no /dev/net/tun"; exit; }

timeout -k 5 60 python3 "$TESTS/live/field/ends.py" 2>"$WORK/err"
status=$?
[ $status = 0 ] || fail field-ends "status $status: $(tail -n 3 "$WORK/err" | tr '\n' ' ')"
