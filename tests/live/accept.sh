#!/bin/bash
# Who accepted a connection, told by the return of the system call (--accept syscalls): by many ways to accept, each named
# with certainty before it touches what it accepted, and nobody else.
. "$(dirname "$0")/live.sh.inc"
needs accept python3 jq || exit 0
can_trace accept || exit 0
again_if_withheld accept moves

case $("$TCPDWELL" features -f csv 2>/dev/null | grep '^accept,syscalls,') in
*,works,* | *,chosen,*) ;;
*)
	skip accept "$("$TCPDWELL" features -f csv 2>/dev/null | grep '^accept,syscalls,')"
	exit 0
	;;
esac

# It slows the host down, so nobody has it by itself.
chosen=$("$TCPDWELL" features -f json | jq -r 'select(.feature == "accept") | .ways[] | select(.status == "chosen") | .way')
[ -n "$chosen" ] && [ "$chosen" != syscalls ] && ok accept "by itself: $chosen" || fail accept "by itself: '$chosen'"

new_netns netns || exit 1
mkfifo "$WORK/go"
ip netns exec "$netns" python3 "$TESTS/live/accept.py" serve "$WORK/truth" <"$WORK/go" >"$WORK/servers" 2>"$WORK/servers.err" &
exec {GO}>"$WORK/go"
wait_for 20 grep -q ready "$WORK/servers" || fail accept "the servers did not start: $(cat "$WORK/servers.err")"

# Some of the servers sleep in accept() already.
start_tracer "$WORK/out.json" -f json --netns "$netns" --accept syscalls || exit 1
echo >&"$GO"
wait_for 120 grep -q '^done' "$WORK/servers" || fail accept "the servers did not play: $(tail -3 "$WORK/servers.err")"
sleep 0.3
stop_tracer || fail accept "tcpdwell ended with $?: $(cat "$WORK/out.json.err")"
if verdict=$(python3 "$TESTS/live/accept.py" judge "$WORK/truth" "$WORK/out.json" 2>&1); then
	ok accept "$verdict"
else
	fail accept "$verdict"
fi
[ "$(wc -l <"$WORK/truth")" -ge 320 ] || fail accept "only $(wc -l <"$WORK/truth") connections"

# A way that is named and refused is said, once, and the trace goes on. tracefs needs CAP_SYS_ADMIN where nobody has it.
unshare -m sh -c "mount -t tmpfs none /sys/kernel/tracing; mount -t tmpfs none /sys/kernel/debug; \
	exec setpriv --bounding-set -sys_admin --inh-caps -sys_admin $TCPDWELL --accept syscalls -d 0.2" >"$WORK/out" 2>"$WORK/err"
status=$?
[ $status = 0 ] && [ "$(grep -c 'who accepts a connection is not seen: syscalls: tracefs cannot be read' "$WORK/err")" = 1 ] &&
	ok accept "refused: $(grep accepts "$WORK/err")" || fail accept "refused: status $status, $(cat "$WORK/err")"
