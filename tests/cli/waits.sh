#!/bin/bash
# waits.sh - -s accept-wait of a recording that does not tell of accept(): a warning, and no number in any format. Without it
# there is none.
. "$(dirname "$0")/../lib.sh"
cd "$TESTS/.." || exit 1
REC=tests/golden/accepted/in.rec
WARNING='warning: no accept-wait: the recording does not tell of accept()'

# judge NAME PATTERN ARGUMENT...: a line of stdout matches, and stderr is the warning and a hint.
judge() {
	local name=$1 pattern=$2
	shift 2
	if ! "$TCPDWELL" -r "$REC" "$@" >"$WORK/out" 2>"$WORK/err"; then
		fail waits "$name: exit status is not 0"
	elif [ "$(head -1 "$WORK/err")" != "$WARNING" ] || [ "$(sed 1d "$WORK/err" | cut -d: -f1)" != hint ]; then
		fail waits "$name: says '$(tr '\n' ';' <"$WORK/err")'"
	elif ! grep -q "$pattern" "$WORK/out"; then
		fail waits "$name: tells '$(tr '\n' ';' <"$WORK/out")'"
	elif grep -q 'accept-wait"*,.*exact\|accept-wait  *ESTABLISHED\|ended' "$WORK/out"; then
		fail waits "$name: there is a number: $(tr '\n' ';' <"$WORK/out")"
	else
		ok waits "$name"
	fi
}

judge text '^  not visible: the recording does not tell of accept()$' hist -s accept-wait
judge trace '^  not visible: ' -s queued
judge json '"state":"accept-wait".*"visible":false,"count":null,"partial":null' hist -s accept-wait -f json
judge csv ',accept-wait,,.*,false,,,' hist -s accept-wait -f csv

"$TCPDWELL" -r "$REC" >"$WORK/out" 2>"$WORK/err"
if [ -s "$WORK/err" ] || grep -q accept-wait "$WORK/out"; then
	fail waits "where it is not asked for: $(cat "$WORK/err")$(grep accept-wait "$WORK/out")"
else
	ok waits "where it is not asked for there is no word of it"
fi
