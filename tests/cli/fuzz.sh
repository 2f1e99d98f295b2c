#!/bin/bash
# fuzz.sh - a bounded run of the fuzzer of recordings, from a fixed seed; SEED=$RANDOM ROUNDS=1000000 for a long one.
. "$(dirname "$0")/../lib.sh"
status=0

if "$BUILD/fuzz/recording" "${SEED:-1}" "${ROUNDS:-3000}" "$TESTS"/golden/*/in.rec >"$WORK/out" 2>"$WORK/err"; then
	ok fuzz-recording "$(tail -1 "$WORK/out")"
else
	fail fuzz-recording "status $?, seed ${SEED:-1}: $(tail -1 "$WORK/out")"
	tail -30 "$WORK/err" | sed 's/^/    /'
	status=1
fi
exit $status
