#!/bin/bash
# `stuck --watch` into a file: each look has its time and is apart from the next, CSV has one header, all is there at once,
# a recording too, and the privileges that looking does not take are given up.
. "$(dirname "$0")/../live.sh.inc"
can_trace field-watch || exit 0
new_netns netns || { fail field-watch "no network namespace"; exit 1; }
cd "$WORK" || exit 1
WATCH=("$TCPDWELL" stuck --watch --netns "$netns" -s all)

ip netns exec "$netns" python3 -c 'import socket, time
l = socket.socket(); l.bind(("127.0.0.1", 18401)); l.listen(); time.sleep(1000)' &
listener=$!
on_exit "kill $listener; wait $listener"
wait_for 20 sh -c "ip netns exec $netns ss -tlnH | grep -q 18401"

# ---- text ----

began=$(date +%s)
for quiet in "" -q -v; do
	# shellcheck disable=SC2086 # words
	timeout 20 "${WATCH[@]}" -i 0.3 -n 3 $quiet >"out$quiet" 2>err
	times=$(grep -cE '^# [0-9]{4}-[0-9]{2}-[0-9]{2} [0-9]{2}:[0-9]{2}:[0-9]{2}\.[0-9]{3} [A-Z+-]' "out$quiet")
	[ "$times" = 3 ] && [ "$(sort -u "out$quiet" | grep -cE '^# [0-9]{4}-')" = 3 ] && ok "field-watch-times$quiet" "three looks, three times" ||
		fail "field-watch-times$quiet" "$times of 3: $(cat "out$quiet" err)"
	apart=$(awk 'BEGIN { RS = "" } { n++ } END { print n }' "out$quiet")
	[ "$apart" = 3 ] && [ -n "$(head -1 "out$quiet")" ] && ok "field-watch-apart$quiet" "a blank line between them" || fail "field-watch-apart$quiet" "$apart parts"
done
at=$(date -d "$(sed -n '1s/^# \([^ ]* [^ ]*\).*/\1/p' out)" +%s)
[ "$at" -ge "$began" ] && [ "$at" -le "$(date +%s)" ] && ok field-watch-now "it is the time of day" || fail field-watch-now "$(head -1 out), not since $began"
"$TCPDWELL" stuck --netns "$netns" >out 2>err
grep -qE '^# [0-9]{4}-' out && fail field-watch-once "$(cat out)" || ok field-watch-once "one look has none"

# ---- CSV, JSON ----

for quiet in "" -q; do
	# shellcheck disable=SC2086 # words
	timeout 20 "${WATCH[@]}" -i 0.2 -n 3 -f csv $quiet >out 2>err
	n=$(grep -c ^event, out)
	[ "$n" = "$([ -n "$quiet" ] && echo 0 || echo 1)" ] && ok "field-watch-header$quiet" "$n" || fail "field-watch-header$quiet" "$n"
done
timeout 20 "${WATCH[@]}" -i 0.2 -n 3 -f json >out 2>err
n=$(jq -rs '[.[] | select(.event == "census").ts_ns] | unique | length' out)
[ "$n" = 3 ] && ok field-watch-json "three censuses, each with its time" || fail field-watch-json "$n"

# ---- at once, and without privileges ----

# effective: the capabilities of TRACER that are in effect.
effective() { sed -n 's/^CapEff:\s*//p' "/proc/$TRACER/status"; }
# is_written: the first look is, in what is printed and in the recording, which has no end mark yet.
is_written() {
	"$TCPDWELL" stuck -r run.rec -s all -f json >look 2>look.err
	grep -q 18401 out && grep -q '"lport":18401' look
}
for form in text csv json; do
	rm -f out run.rec
	# Once it has looked it is a long time until it does so again.
	"${WATCH[@]}" -i 600 -f $form -w run.rec >out 2>err &
	TRACER=$!
	wait_for 20 is_written &&
		ok "field-watch-flush-$form" "a look is written when it is done" || fail "field-watch-flush-$form" "$(cat err look.err)"
	caps=$(effective)
	# Other namespaces take CAP_SYS_ADMIN (21) and CAP_SYS_PTRACE (19), and looking CAP_BPF (39) on some kernels.
	[ $((0x$caps & ~(1 << 21 | 1 << 19 | 1 << 39))) = 0 ] && grep -q '^NoNewPrivs:\s*1' "/proc/$TRACER/status" && ok "field-watch-caps-$form" "$caps" || fail "field-watch-caps-$form" "$caps"
	kill $TRACER
	wait $TRACER
done

# What it sees is what one look sees, with all its names and holders, now and later.
fields='select(.event == "stuck" and .lport == 18401 and .netns_name == "'$netns'") | "\(.owner) \(.fd) \(.netns_name) \(.cgroup_name)"'
once=$("$TCPDWELL" stuck -s listen -f json | jq -r "$fields")
# Its own namespace takes no privilege at all. Elsewhere namespaces of other tests may come while it looks.
for own in "" "ip netns exec $netns"; do
	# shellcheck disable=SC2086 # words
	watched=$(timeout 60 $own "$TCPDWELL" stuck --watch -i 0.1 -n 3 -s listen -f json ${own:+--netns $netns} 2>err | jq -r "$fields")
	[ -n "$once" ] && [ "$watched" = "$once"$'\n'"$once"$'\n'"$once" ] && ! grep -vE '^warning: [0-9]+ network namespaces? could not be entered' err && ok "field-watch-sees${own:+-own}" "$once" ||
		fail "field-watch-sees${own:+-own}" "'$watched', not '$once' three times: $(cat err)"
done

# ---- its reader goes ----

for form in text csv json; do
	# shellcheck disable=SC2016 # for sh
	if timeout 20 sh -c '"$@" -i 300 -f '$form' 2>err | head -1 >out' sh "${WATCH[@]}" && [ -s out ]; then
		ok "field-watch-head-$form" "ends when its reader has gone"
	else
		fail "field-watch-head-$form" "still there: $(cat out err)"
	fi
done
