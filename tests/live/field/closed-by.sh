#!/bin/bash
# Who closes a socket owns it; who lets go of a descriptor that was never his does not.
. "$(dirname "$0")/../live.sh.inc"
can_trace field-closed-by || exit 0
needs field-closed-by python3 || exit 0
timeout -k 5 200 python3 "$TESTS/live/field/closed-by.py" 2>"$WORK/err"
status=$?
[ $status = 0 ] || fail field-closed-by "status $status: $(tail -n 3 "$WORK/err" | tr '\n' ' ')"
