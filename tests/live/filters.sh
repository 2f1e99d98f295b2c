#!/bin/bash
# Filters: three servers on three ports, mixed families; a tracer for each filter, all watching the same traffic
# beside one without a filter. Each must tell exactly the lives that the unfiltered one saw and that match, whole.
. "$(dirname "$0")/live.sh.inc"
can_trace filters || exit 0
again_if_withheld filters moves

new_netns netns || exit 1
PIDS=()

# watch NAME ARGUMENT...: a tracer in the background; its output is $WORK/NAME.json.
watch() {
	local name=$1
	shift
	start_tracer "$WORK/$name.json" -f json --netns "$netns" "$@" || exit 1
	PIDS+=("$TRACER")
}

# The lives of a stream, by cookie and time; the condition is asked of the identity as it was known in the end.
# Not the dwells: each tracer has programs, and so a clock reading, of its own.
lives() { # FILE CONDITION
	jq -cn --argjson no null "
		[inputs | select(.event == \"transition\")] | group_by(.cookie)[]
		| . as \$life
		| {lport: ([.[].lport | values] | first), rport: ([.[].rport | values] | first),
		   laddr: .[0].laddr, raddr: .[-1].raddr, family: .[0].family, cookie: .[0].cookie}
		| select($2) | \$life[] | [.cookie, .from, .to, .dwell_known, .cause]" "$1"
}

# compare NAME CONDITION: what the filtered tracer told is what the reference told of matching lives.
compare() {
	local name=$1 condition=$2
	lives "$WORK/all.json" "$condition" >"$WORK/expected"
	lives "$WORK/$name.json" true >"$WORK/seen"
	if [ ! -s "$WORK/expected" ]; then
		fail filters "$name: the traffic has nothing for this filter"
	elif cmp -s "$WORK/expected" "$WORK/seen"; then
		ok filters "$name: $(wc -l <"$WORK/seen") of $(lives "$WORK/all.json" true | wc -l) transitions, each life whole"
	else
		fail filters "$name: $(diff "$WORK/expected" "$WORK/seen" | head -5 | tr '\n' ' ')"
	fi
}

watch all
watch local -L 7101
watch remote -D 7101
watch port -P 7101,7203
watch range -P 7100-7199
watch exclude -P '!7101'
watch both-lists -P '7000-7999,!7203'
watch local-exclude -L '!7101,!7203'
watch remote-range -D 7200-7299,7301
watch address -a 127.0.0.0/8
watch address6 -a ::1
watch ipv4 -4
watch ipv6 -6
watch two -L 7101 -4
watch expression '( dport = :7101 or sport = :7203 )' or src 127.0.0.0/8:7299
watch expression-not not sport = :7101 and dport != :7101 -4
watch expression-range dst '[::1]' sport ge :7201
watch comm -c fifteen-letters
watch uid -u 0
watch no-uid -u 4294967294
watch state -s close-wait,LISTEN
watch min -m 400ms
watch state-min -s TCP_FIN_WAIT2 -m 0.6
# These end by themselves, with all that belongs at the end.
watch count -n 7 -w "$WORK/count.rec"
watch count-intervals hist -i 200ms -n 3
COUNTED=("${PIDS[@]: -2}")
PIDS=("${PIDS[@]:0:${#PIDS[@]}-2}")
jobs_of_traffic=()
play "$netns" "$WORK/t1" -n 3 -p 7101 active-close & jobs_of_traffic+=($!)
play "$netns" "$WORK/t2" -n 2 -6 -p 7201 half-close & jobs_of_traffic+=($!)
play "$netns" "$WORK/t4" -p 7401 owners & jobs_of_traffic+=($!)
play "$netns" "$WORK/t3" -n 2 -m -p 7299 refused active-close & jobs_of_traffic+=($!)
for pid in "${jobs_of_traffic[@]}"; do
	wait "$pid" || fail filters "the traffic did not play"
done
sleep 1.1
for pid in "${PIDS[@]}"; do
	kill -TERM "$pid"
	wait "$pid" || fail filters "a tracer ended with $?"
done

wait_for 20 grep -q '"summary"' "$WORK/count.json" && wait_for 20 grep -q '"summary"' "$WORK/count-intervals.json" ||
	fail filters "count: not over: $(tail -n 1 "$WORK/count.json" "$WORK/count-intervals.json")"
wait "${COUNTED[0]}" && wait "${COUNTED[1]}"
status=$?
"$TCPDWELL" -r "$WORK/count.rec" -n 7 -f json >"$WORK/count.again" 2>"$WORK/err"
[ $status = 0 ] && jq -en '[inputs | select(.event == "transition")] | length == 7' "$WORK/count.json" >/dev/null &&
	cmp -s "$WORK/count.json" "$WORK/count.again" && ok filters "count: 7 transitions and the end, and so from its recording" ||
	fail filters "count: status $status, $(grep -c '"transition"' "$WORK/count.json") transitions; $(diff "$WORK/count.json" "$WORK/count.again" | head -4)"
jq -en '[inputs | select(.event == "histogram")] | (map(.time) | unique | length) == 3 and length == 4 * 3' "$WORK/count-intervals.json" >/dev/null &&
	ok filters "count: 3 intervals and the whole run" || fail filters "count: $(jq -c '[.event, .time, .state]' "$WORK/count-intervals.json" | tr '\n' ' ')"

compare local '.lport == 7101'
compare remote '.rport == 7101'
compare port '[.lport, .rport] | any(. == 7101 or . == 7203)'
compare range '[.lport, .rport] | any(. != null and . >= 7100 and . <= 7199)'
compare exclude '[.lport, .rport] | all(. != 7101)'
compare both-lists '([.lport, .rport] | any(. != null and . >= 7000 and . <= 7999)) and ([.lport, .rport] | all(. != 7203))'
compare local-exclude '.lport != 7101 and .lport != 7203'
compare remote-range '.rport == 7301 or (.rport != null and .rport >= 7200 and .rport <= 7299)'
compare address '[.laddr, .raddr] | any(startswith("127."))'
compare address6 '[.laddr, .raddr] | any(. == "::1")'
compare ipv4 '.family == "ipv4"'
compare ipv6 '.family == "ipv6"'
compare two '.lport == 7101 and .family == "ipv4"'
compare expression '.rport == 7101 or .lport == 7203 or (.lport == 7299 and (.laddr | startswith("127.")))'
compare expression-not '.lport != 7101 and .rport != 7101 and .family == "ipv4"'
# A listener has no remote end.
compare expression-range '.raddr == "::1" and .lport >= 7201'

# States and dwells are of transitions, not of connections.
transitions() { # FILE CONDITION
	jq -c "select(.event == \"transition\") | select($2) | [.cookie, .from, .to]" "$1" | sort
}

compare_transitions() { # NAME CONDITION
	transitions "$WORK/all.json" "$2" >"$WORK/expected"
	transitions "$WORK/$1.json" true >"$WORK/seen"
	if [ -s "$WORK/expected" ] && cmp -s "$WORK/expected" "$WORK/seen"; then
		ok filters "$1: $(wc -l <"$WORK/seen") transitions"
	else
		fail filters "$1: $(diff "$WORK/expected" "$WORK/seen" | head -5 | tr '\n' ' ')"
	fi
}
compare_transitions state '[.from, .to] | any(. == "CLOSE-WAIT" or . == "LISTEN")'
compare_transitions min '.dwell_ns != null and .dwell_ns >= 400000000'
compare_transitions state-min '.from == "FIN-WAIT-2" and .dwell_ns >= 600000000'

# An owner may become known late; what is told is told of the owner asked for, and of nobody else.
jq -e -n '[inputs | select(.event == "transition") | .comm] | length > 0 and all(. == "fifteen-letters")' \
	"$WORK/comm.json" >/dev/null && ok filters "comm: $(grep -c transition "$WORK/comm.json") transitions, all of fifteen-letters" ||
	fail filters "comm: $(jq -r 'select(.event == "transition") | .comm' "$WORK/comm.json" | sort | uniq -c | tr '\n' ' ')"
compare_transitions uid true
[ "$(grep -c '"transition"' "$WORK/no-uid.json")" = 0 ] && ok filters "uid: nothing of a user who has nothing" ||
	fail filters "uid: $(grep -c '"transition"' "$WORK/no-uid.json") transitions of a user who has nothing"

# Once a namespace is gone the kernel gives its number to the next one, which nobody asked for.
first=tcpdwell-first-$$
ip netns add $first && ip netns exec $first ip link set lo up
on_exit "ip netns delete $first 2>/dev/null"
number=$(stat -Lc %i /run/netns/$first)
start_tracer "$WORK/first.json" -f json --netns $first || exit 1
play $first "$WORK/t5" -n 3 churn 2>/dev/null
ip netns delete $first
again=
others=()
for ((i = 0; i < 50; i++)); do
	[ -z "$again" ] || break
	sleep 0.1 # it goes in its own time
	new_netns other || break
	others+=("$other")
	[ "$(stat -Lc %i "/run/netns/$other")" = "$number" ] && again=$other
done
[ -z "$again" ] || play "$again" "$WORK/t6" -n 7 churn 2>/dev/null
sleep 0.3
stop_tracer || fail filters "netns-again: status $?"
born=$(jq -s '[.[] | select(.event == "transition" and .to == "SYN-SENT")] | length' "$WORK/first.json")
if [ -z "$again" ]; then
	skip filters "netns-again: none of ${#others[@]} namespaces got number $number"
elif [ "$born" = 3 ]; then
	ok filters "netns-again: 3 connections of the namespace asked for, none of the one that got its number"
else
	fail filters "netns-again: $born connections, not 3: those of another namespace with the number $number as well"
fi
