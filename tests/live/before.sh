#!/bin/bash
# What was there before the attach: sockets in trouble since known times are told with their owner and a true bound
# once they end; and attaches in the middle of a churn lose and invent no socket: the model holds in each state what ss
# counts.
. "$(dirname "$0")/live.sh.inc"
can_trace before || exit 0
again_if_withheld before moves

STATES=listen,established,syn-sent,fin-wait-1,fin-wait-2,close-wait,last-ack,closing,time-wait
now_ns() { awk '{ printf "%.0f", $1 * 1e9 }' /proc/uptime; }

# ---- known times ----

new_netns netns || exit 1
mkfifo "$WORK/stop"
ip netns exec "$netns" "$BUILD/trouble" - <"$WORK/stop" >"$WORK/cases" 2>"$WORK/cases.err" &
exec 3>"$WORK/stop"
wait_for 30 grep -q '^ready' "$WORK/cases" || { fail before "the cases did not play: $(cat "$WORK/cases.err")"; exit 1; }
sleep 2
# What is told as exact began after the attach, which comes after this, however long it takes.
started=$(now_ns)
# The tracer must not hold the pipe open.
start_tracer "$WORK/out.json" -f json --netns "$netns" 3>&- || exit 1
exec 3>&- # and all of them end

# move NAME STATE LPORT RPORT ...: what is told of the socket's leaving of the state.
move() {
	jq -r --arg s "$2" --argjson l "$3" --argjson r "$4" 'select(.event == "transition" and .from == $s and
		.lport == $l and .rport == $r) | [.ts_ns, .dwell_ns // 0, .dwell_known, .comm // "-"] | join(" ")' "$WORK/out.json" 2>/dev/null
}

# left NAME STATE LPORT RPORT OWNER SINCE: the state was left after at least what is told, and at most a second more.
left() {
	local told dwell known owner ts
	told=$(move "$@")
	read -r ts dwell known owner <<<"$told"
	# A child that was forked later holds it too, and may be the one that closes it.
	if [[ "$known $owner" =~ ^at-least\ ($5|heir)$ ]] && [ "$dwell" -le $((ts - $6 + 20000000)) ] && [ "$dwell" -ge $((ts - $6 - 1000000000)) ]; then
		ok before "$1: left $2 after >=$dwell ns, truly $((ts - $6)), $owner"
	else
		fail before "$1: told '$told', should be at-least, $5, $((ts - $6)) ns"
	fi
}

# of_each COMMAND: COMMAND NAME STATE LPORT RPORT OWNER SINCE of each socket whose end is looked at.
of_each() {
	while read -r name lport rport state _ owner since _; do
		case $name in leak | stalled-reader | half-close-held | passed-over) "$1" "$name" "$state" "$lport" "$rport" "$owner" "$since" || return ;; esac
	done <"$WORK/cases"
}

has_moved() { [ -n "$(move "$@")" ]; }
wait_for 30 of_each has_moved
stop_tracer || fail before "tcpdwell ended with $?"
of_each left
jq -e -n --argjson a "$started" '[inputs | select(.event == "transition" and .dwell_known == "exact" and (.ts_ns | tonumber) - .dwell_ns < $a)] | length == 0' \
	"$WORK/out.json" >/dev/null && ok before "nothing is exact that began before" || fail before "an exact dwell began before the attach"

# ---- in the middle of a churn ----

new_netns busy || exit 1
ip netns exec "$busy" sysctl -qw net.ipv4.tcp_max_tw_buckets=200000
ip netns exec "$busy" "$BUILD/traffic" -o /dev/null -n 190001 churn >/dev/null 2>&1 &
churn=$! began=$SECONDS
on_exit "kill $churn 2>/dev/null"
wait_for 10 sh -c "ip netns exec $busy ss -Htan state time-wait | grep -q ."
pids=()
for i in 1 2 3 4; do
	rm -f "$WORK/ready.$i"
	# A buffer that takes it all, however busy the machine is: a loss is not what this is about.
	"$TCPDWELL" hist -s $STATES -f json --buffer 64M --netns "$busy" --ready-file "$WORK/ready.$i" >"$WORK/hist.$i" 2>"$WORK/hist.$i.err" &
	pids+=($!)
	on_exit "kill $! 2>/dev/null"
	sleep 0.3
done
for i in 1 2 3 4; do
	wait_for 20 test -s "$WORK/ready.$i" || fail before "attach $i: not ready: $(cat "$WORK/hist.$i.err")"
done
kill -0 "$churn" 2>/dev/null && ok before "4 attaches while connections come and go" || fail before "the churn was over before the last attach"
# No longer than it is of use: the first of its TIME-WAITs must not run out between the two counts.
kill "$churn"
wait "$churn" 2>/dev/null
sleep 0.3
kill -TERM "${pids[@]}"
wait "${pids[@]}"
ip netns exec "$busy" ss -Htan | awk '{ n[$1]++ } END { for (s in n) print s, n[s] }' | sed 's/^ESTAB /ESTABLISHED /; s/^LISTEN/LISTEN/' | sort >"$WORK/theirs"
if [ $((SECONDS - began)) -ge 59 ]; then
	skip before "the machine is so busy that TIME-WAITs ran out before they were counted: $((SECONDS - began)) s"
	exit 0
fi
for i in 1 2 3 4; do
	jq -r 'select(.event == "histogram" and .still > 0) | "\(.state) \(.still)"' "$WORK/hist.$i" | sort >"$WORK/ours"
	if diff "$WORK/theirs" "$WORK/ours" >"$WORK/diff"; then
		ok before "attach $i: as many in each state as ss counts: $(tr '\n' ' ' <"$WORK/ours")"
	else
		fail before "attach $i: ss counts otherwise: $(tr '\n' ';' <"$WORK/diff")"
	fi
done
