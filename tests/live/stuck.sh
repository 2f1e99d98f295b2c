#!/bin/bash
# `stuck` before real programs in real trouble: state, owner, age and rule of each, nothing on those that are well; the
# same sockets, states and owners as ss tells; the same from a recording; --fail and --by.
. "$(dirname "$0")/live.sh.inc"

ALL=listen,established,syn-sent,syn-received,fin-wait-1,fin-wait-2,close-wait,closing,last-ack,time-wait

"$TCPDWELL" -q stuck >/dev/null 2>"$WORK/err" || { skip stuck "cannot look at sockets here: $(head -1 "$WORK/err")"; exit; }
new_netns netns || { fail stuck "no network namespace"; exit 1; }
mkfifo "$WORK/stop"
ip netns exec "$netns" "$BUILD/trouble" <"$WORK/stop" >"$WORK/cases" 2>"$WORK/cases.err" &
exec 3>"$WORK/stop"
wait_for 30 grep -q '^ready' "$WORK/cases" || { fail stuck "the cases did not play: $(cat "$WORK/cases.err")"; exit 1; }
# Long enough for several retransmissions.
sleep 8

now_ns() { awk '{ printf "%.0f", $1 * 1e9 }' /proc/uptime; }
before=$(now_ns)
"$TCPDWELL" stuck --netns "$netns" -s $ALL -f json -w "$WORK/rec" >"$WORK/out.json"
after=$(now_ns)

# case_is_told NAME LPORT RPORT STATE RULE OWNER SINCE: every line of the helper has to be told as it says.
case_is_told() {
	local told
	told=$(jq -r --argjson l "$2" --argjson r "$3" 'select(.event == "stuck" and .lport == $l and .rport == $r) |
		[.state, .rule // "-", (.owner | sub("\\[.*"; "")), .age_ns // "?", .age_known] | join(" ")' "$WORK/out.json")
	[ "$(wc -l <<<"$told")" = 1 ] || { fail stuck "$1: told more than once: $told"; return 1; }
	read -r state rule owner age known <<<"$told"
	if [ "$state $rule $owner" != "$4 $5 $6" ]; then
		fail stuck "$1: told '$state $rule $owner', should be '$4 $5 $6'"
		return 1
	fi
	if [ "$7" != 0 ] && { [ "$age" = '?' ] || [ "$age" -gt $((after - ${7#-} + 20000000)) ] ||
		{ [ "$7" -gt 0 ] && [ "$age" -lt $((before - $7 - 1000000000)) ]; }; }; then
		fail stuck "$1: age $age ($known), its truth is $((before - ${7#-}))"
		return 1
	fi
	ok stuck "$1: $state, $rule, $owner, $known $age ns"
}

right=0 cases=0
while read -r -a case; do
	[ "${case[0]}" = ready ] && break
	cases=$((cases + 1))
	case_is_told "${case[@]}" && right=$((right + 1))
done <"$WORK/cases"
[ $right = $cases ] && [ $cases -gt 20 ] && ok stuck "$right of $cases" || fail stuck "$right of $cases"

# Agreement with ss: each socket once, in the same state, held by the same processes and descriptors.
jq -r 'select(.event == "stuck") | [.state, .lport, .rport,
	([.holders[] | "\(.pid):\(.fd)"] | sort | join(","))] | join(" ")' "$WORK/out.json" | sort >"$WORK/ours"
ip netns exec "$netns" ss -tanpH | awk '{
	split("LISTEN LISTEN SYN-SENT SYN-SENT SYN-RECV SYN-RECEIVED ESTAB ESTABLISHED FIN-WAIT-1 FIN-WAIT-1 FIN-WAIT-2 FIN-WAIT-2 CLOSE-WAIT CLOSE-WAIT LAST-ACK LAST-ACK TIME-WAIT TIME-WAIT CLOSING CLOSING", names, " ")
	for (i = 1; i in names; i += 2) if (names[i] == $1) state = names[i + 1]
	sub(/.*:/, "", $4); sub(/.*:/, "", $5); sub(/\*/, "0", $5)
	held = ""; rest = $0
	while (match(rest, /pid=[0-9]+,fd=[0-9]+/)) {
		one = substr(rest, RSTART, RLENGTH); rest = substr(rest, RSTART + RLENGTH)
		gsub(/pid=|fd=/, "", one); sub(/,/, ":", one); print state, $4, $5, one
		held = 1
	}
	if (!held) print state, $4, $5, ""
}' | sort | awk '{ key = $1 " " $2 " " $3; if (key != last) { if (NR > 1) print last " " list; list = $4; last = key } else list = list "," $4 }
	END { print last " " list }' | sort >"$WORK/theirs"
if diff "$WORK/theirs" "$WORK/ours" >"$WORK/diff"; then
	ok stuck "agrees with ss on $(wc -l <"$WORK/ours") sockets"
else
	fail stuck "differs from ss: $(head -6 "$WORK/diff" | tr '\n' ';')"
fi

plainly "$TCPDWELL" stuck -r - -s $ALL -f json <"$WORK/rec" 2>"$WORK/err" | cmp -s - "$WORK/out.json" &&
	ok stuck "the same from its recording, without a privilege" || fail stuck "the recording tells otherwise: $(cat "$WORK/err")"

"$TCPDWELL" stuck --netns "$netns" --fail >"$WORK/out"
status=$?
[ $status = 4 ] && ok stuck "--fail: status 4" || fail stuck "--fail: status $status"
"$TCPDWELL" stuck --netns "$netns" --fail --for 1h >"$WORK/out"
status=$?
[ $status = 0 ] && grep -q '^nothing is found to be wrong' "$WORK/out" && ok stuck "--for 1h: nothing is that old" ||
	fail stuck "--for 1h: status $status"
"$TCPDWELL" stuck --netns "$netns" -c receiver -q >"$WORK/out"
[ "$(grep -c '^CLOSE-WAIT .*receiver' "$WORK/out")" = 1 ] && [ "$(grep -c 'trouble\[' "$WORK/out")" = 0 ] &&
	ok stuck "-c receiver: $(head -1 "$WORK/out" | tr -s ' ')" || fail stuck "-c receiver: $(cat "$WORK/out")"
"$TCPDWELL" stuck --netns "$netns" -s close-wait -b comm -q >"$WORK/out"
grep -qE '^CLOSE-WAIT .* 2 .*close-wait-leak' "$WORK/out" && ok stuck "-b comm: $(grep -m1 leak "$WORK/out" | tr -s ' ')" ||
	fail stuck "-b comm: $(cat "$WORK/out")"
exec 3>&-
