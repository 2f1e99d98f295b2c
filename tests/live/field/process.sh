#!/bin/bash
# Processes that do not do what their sockets wait for: somebody has stopped or frozen them, they hang, they are out of
# descriptors. It is said of these, and of nobody who is well.
. "$(dirname "$0")/../live.sh.inc"
needs field-process python3 || exit 0
can_trace field-process || exit 0

for situation in stopped stopped_worker frozen frozen_v1 hung traced out_of_descriptors reader; do
	timeout -k 5 200 python3 "$TESTS/live/field/process.py" $situation >"$WORK/out" 2>"$WORK/err" </dev/null
	status=$?
	cat "$WORK/out"
	[ $status = 0 ] && [ -s "$WORK/out" ] || fail field-process "$situation: status $status: $(tail -n 2 "$WORK/err" | tr '\n' ' ')"
done
