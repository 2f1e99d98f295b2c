#!/bin/bash
# Whose is it? The listener that the kernel chose, every process that holds it, by the names they have now; or nobody,
# and never somebody else.
. "$(dirname "$0")/../live.sh.inc"
can_trace field-whose || exit 0
needs field-whose python3 || exit 0

for situation in listeners devices vrf same_device group crowded polled shared holders daemon renamed mptcp repair ring threads closing transit; do
	timeout -k 5 200 python3 "$TESTS/live/field/whose.py" $situation >"$WORK/$situation" 2>"$WORK/$situation.err"
	status=$?
	cat "$WORK/$situation"
	[ $status = 0 ] || fail field-whose "$situation: status $status: $(tail -n 3 "$WORK/$situation.err" | tr '\n' ' ')"
done
# The numbers of threads as another pid namespace counts them.
for situation in threads closing transit; do
	timeout -k 5 200 unshare -pf --kill-child --mount-proc python3 "$TESTS/live/field/whose.py" $situation >"$WORK/$situation" 2>"$WORK/$situation.err"
	status=$?
	sed 's/field-whose: /&in a pid namespace: /' "$WORK/$situation"
	[ $status = 0 ] || fail field-whose "$situation in a pid namespace: status $status: $(tail -n 3 "$WORK/$situation.err" | tr '\n' ' ')"
done
