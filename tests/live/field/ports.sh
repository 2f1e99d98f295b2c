#!/bin/bash
# Local ports: that bind() or connect() fails is said where it does, and of nobody else; how many are left, and who has them.
. "$(dirname "$0")/../live.sh.inc"
needs field-ports python3 ip curl || exit 0
"$TCPDWELL" -q stuck >/dev/null 2>"$WORK/err" || { skip field-ports "cannot look at sockets here: $(head -1 "$WORK/err")"; exit; }

for situation in five_destinations faces almost open_ones not_connected named_and_reset ipv6 no_address two_families two_addresses \
	no_port shared autobind half listeners reserved connects connects_ipv6 devices half_closed reuse reuse_on_lo server \
	used_up_by_time_waits used_up_by_open_ones used_up_by_bind not_used_up; do
	timeout -k 5 200 python3 "$TESTS/live/field/ports.py" $situation >"$WORK/out" 2>"$WORK/err" </dev/null
	status=$?
	cat "$WORK/out"
	[ $status = 0 ] && [ -s "$WORK/out" ] || fail field-ports "$situation: status $status: $(tail -n 2 "$WORK/err" | tr '\n' ' ')"
done
