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

# Of another version they would be refused before anything is read of them.
for file in "$TESTS"/fuzz/corpus/recording/*; do
	! tail -c +2 "$file" | "$TCPDWELL" -r - 2>&1 >/dev/null | grep -q 'is of version' || old+=" ${file##*/}"
done
[ -z "${old-}" ] && ok fuzz-recording "its files are of the version that is read" || { fail fuzz-recording "of another version:$old"; status=1; }
exit $status
