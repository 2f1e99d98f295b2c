#!/bin/bash
# fuzz.sh - what was once found by fuzzing, and what it begins with, through each target. `make fuzz` looks for more.
. "$(dirname "$0")/../lib.sh"
status=0

for corpus in "$TESTS"/fuzz/corpus/*; do
	name=$(basename "$corpus")
	if "$BUILD/fuzz/fuzz_$name" "$corpus"/* >"$WORK/out" 2>"$WORK/err"; then
		ok "fuzz-$name" "$(tail -1 "$WORK/out")"
	else
		fail "fuzz-$name" "status $?: $(tail -1 "$WORK/err")"
		tail -30 "$WORK/err" | sed 's/^/    /'
		status=1
	fi
done
exit $status
