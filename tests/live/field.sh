#!/bin/bash
# Situations that people reported of their programs, several of each kind: is it told as what it is?
. "$(dirname "$0")/live.sh.inc"

"$TCPDWELL" -q stuck >/dev/null 2>"$WORK/err" || { skip field "cannot look at sockets here: $(head -1 "$WORK/err")"; exit; }
for name in half_closed streams one_way alike alike_everywhere alike_without_port no_descriptors closed one_byte readers early_answer other_end user_timeout; do
	timeout -k 5 200 python3 "$TESTS/live/field/situations.py" $name >"$WORK/out" 2>"$WORK/err" </dev/null
	cat "$WORK/out"
	grep -qE '^(ok|FAIL)' "$WORK/out" && [ ! -s "$WORK/err" ] || fail field "$name: $(tail -2 "$WORK/err" | tr '\n' ' ')"
done
