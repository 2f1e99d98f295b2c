#!/bin/bash
# `stuck` before real programs in real trouble: state, owner, age and rule of each, nothing on those that are well; the
# same sockets, states and owners as ss tells; the same from a recording; --fail, filters and --by.
. "$(dirname "$0")/live.sh.inc"

ALL=listen,established,syn-sent,syn-received,fin-wait-1,fin-wait-2,close-wait,closing,last-ack,time-wait

"$TCPDWELL" -q stuck >/dev/null 2>"$WORK/err" || { skip stuck "cannot look at sockets here: $(head -1 "$WORK/err")"; exit; }
new_netns netns && new_netns far && new_netns full || { fail stuck "no network namespace"; exit 1; }
for link in 1 2; do
	ip -n "$netns" link add link$link type veth peer name link$link netns "$far" &&
		ip -n "$netns" addr add 10.99.$link.1/24 dev link$link && ip -n "$far" addr add 10.99.$link.2/24 dev link$link &&
		ip -n "$netns" link set link$link up && ip -n "$far" link set link$link up || { fail stuck "no veth pair"; exit 1; }
done

start_trouble "$full" "$WORK/full" ports && start_trouble "$netns" "$WORK/cases" "$far" || exit 1
# Long enough for several retransmissions.
sleep 4

before=$("$BUILD/trouble" now)
"$TCPDWELL" stuck --netns "$netns" --patience 1s -s $ALL -f json -w "$WORK/rec" >"$WORK/out.json"
after=$("$BUILD/trouble" now)

# not_found NAME LPORT: sockets of that port come and go, and none is in trouble.
not_found() {
	local found seen
	found=$(jq -r --argjson p "$2" 'select(.event == "stuck" and .rule != null and (.lport == $p or .rport == $p)) |
		"\(.state) \(.rule) \(.age_ns)"' "$WORK/out.json")
	seen=$(jq -r --argjson p "$2" 'select(.event == "stuck" and (.lport == $p or .rport == $p)) | .state' "$WORK/out.json" | wc -l)
	if [ -n "$found" ] || [ "$seen" = 0 ]; then
		fail stuck "$1: $seen sockets, found: ${found//$'\n'/; }"
		return 1
	fi
	ok stuck "$1: nothing found on $seen sockets"
}

# case_is_told NAME LPORT RPORT STATE RULE OWNER SINCE HOLDERS: every line of the helper has to be told as it says.
case_is_told() {
	local told state rule owner age known holders
	[ "$3" != none ] || { not_found "$1" "$2"; return; }
	told=$(jq -r --argjson l "$2" --argjson r "$3" 'select(.event == "stuck" and .lport == $l and (.rport // 0) == $r) |
		[.state, .rule // "-", (.owner | sub("\\[.*"; "") | sub(" .*"; "")), .age_ns // "?", .age_known,
		([.holders[].pid] | unique | length)] | join(" ")' "$WORK/out.json")
	[ "$(wc -l <<<"$told")" = 1 ] || { fail stuck "$1: told more than once: $told"; return 1; }
	read -r state rule owner age known holders <<<"$told"
	if [ "$state $rule $owner" != "$4 $5 $6" ] || { [ "$8" != '*' ] && [ "$8" != "$holders" ]; }; then
		fail stuck "$1: told '$state $rule $owner $holders', should be '$4 $5 $6 $8'"
		return 1
	fi
	# SINCE is from just before it happened: no age may be more, and the bound has to be near.
	if [ "$7" != 0 ] && { [ "$age" = '?' ] || [ "$age" -gt $((after - ${7#-})) ] ||
		{ [ "$7" -gt 0 ] && [ "$age" -lt $((before - $7 - 1000000000)) ]; }; }; then
		fail stuck "$1: age $age ($known), its truth is $((before - ${7#-}))"
		return 1
	fi
	ok stuck "$1: $state, $rule, $owner, $known $age ns, $holders holders"
}

right=0 cases=0
while read -r -a case; do
	[ "${case[0]}" = ready ] && break
	cases=$((cases + 1))
	case_is_told "${case[@]}" && right=$((right + 1))
done <"$WORK/cases"

# filling ID COUNT ROOM: what no socket shows alone.
filling() {
	local told
	cases=$((cases + 1))
	told=$(jq -r --arg id "$1" 'select(.event == "finding" and .rule == $id) | "\(.count) of \(.room)"' "$WORK/full.json")
	if [ "$told" = "$2 of $3" ]; then
		ok stuck "$1: $told"
		right=$((right + 1))
	else
		fail stuck "$1: '$told', should be $2 of $3"
	fi
}
"$TCPDWELL" stuck --netns "$full" -f json >"$WORK/full.json"
filling time-wait-ports 15 20
filling time-wait-table 15 16
if grep -q '"rule":"time-wait' "$WORK/out.json"; then
	fail stuck "TIME-WAITs in normal number: $(grep '"rule":"time-wait' "$WORK/out.json")"
	right=0
fi
[ $right = $cases ] && [ $cases -ge 24 ] && ok stuck "$right of $cases" || fail stuck "$right of $cases"

# Agreement with ss: each socket that stays, once, in the same state, held by the same processes and descriptors.
none=$(awk '$3 == "none" { printf "%s%s", sep, $2; sep = "|" }' "$WORK/cases")
jq -r 'select(.event == "stuck") | [.state, .lport, (.rport // 0),
	([.holders[] | "\(.pid):\(.fd)"] | sort | join(",") | if . == "" then "-" else . end)] | join(" ")' "$WORK/out.json" |
	grep -vE " ($none)( |\$)" | sort >"$WORK/ours"
ip netns exec "$netns" ss -tanpH | "$TESTS/live/ss.awk" | grep -vE " ($none)( |\$)" | sort >"$WORK/theirs"
if diff "$WORK/theirs" "$WORK/ours" >"$WORK/diff"; then
	ok stuck "agrees with ss on $(wc -l <"$WORK/ours") sockets"
else
	fail stuck "differs from ss: $(head -6 "$WORK/diff" | tr '\n' ';')"
fi

# What is told to be typed next has to work. What takes long is only looked for; of ping it is enough that it tries: a
# peer that does not answer is what it is typed for.
tried=0 pinged=0 bad='' ping=''
! needs stuck ping || ping=1
works() {
	case $1 in
	*ping\ *)
		pinged=$((pinged + 1))
		timeout 2 bash -c "$1"
		[ $? != 2 ]
		;;
	*) bash -c "$1" ;;
	esac >"$WORK/typed" 2>&1 && [ -s "$WORK/typed" ]
}
while read -r command; do
	[ -n "$command" ] || continue
	tried=$((tried + 1))
	case $command in
	*strace* | *fdinfo*) continue ;;
	esac
	[[ $command != *"ping "* ]] || [ -n "$ping" ] || continue
	works "$command" || bad="$bad '$command': $(head -1 "$WORK/typed");"
done < <(cat "$WORK/out.json" "$WORK/full.json" | jq -r 'select(.event == "finding") | .next' | sed 's/; /\n/g' | sort -u)
[ -z "$bad" ] && [ $tried -gt 20 ] && ok stuck "$tried commands to type next, and they work" ||
	fail stuck "commands to type next: $bad"
[ -z "$ping" ] || [ $pinged -ge 2 ] && ok stuck "$pinged of them ping" || fail stuck "only $pinged of them ping"
bash -c "$(jq -r 'select(.event == "finding" and .rule == "no-process") | .next' "$WORK/out.json")" >"$WORK/typed"
grep -q '^/proc/[0-9]*/fdinfo/[0-9]*:scm_fds:' "$WORK/typed" && ok stuck "the unix socket with the descriptor in flight is found by what is told to type" ||
	fail stuck "the unix socket with the descriptor in flight is not found: $(cat "$WORK/typed")"

plainly "$TCPDWELL" stuck -r - --patience 1s -s $ALL -f json <"$WORK/rec" 2>"$WORK/err" | cmp -s - "$WORK/out.json" &&
	ok stuck "the same from its recording, without a privilege" || fail stuck "the recording tells otherwise: $(cat "$WORK/err")"

"$TCPDWELL" stuck --netns "$netns" -f json | jq -r 'select(.event == "stuck") | .rule // empty' | sort -u >"$WORK/young"
grep -q '^close-wait-held$' "$WORK/young" && grep -q '^fin-wait-2-held$' "$WORK/young" && ! grep -qE 'leak|idle' "$WORK/young" &&
	ok stuck "without --patience none of it is a leak yet" || fail stuck "seconds old, and told: $(tr '\n' ' ' <"$WORK/young")"
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
"$TCPDWELL" stuck --netns "$netns" --patience 1s -s close-wait -b comm -q >"$WORK/out"
grep -qE '^CLOSE-WAIT .* 4  close-wait-leak +trouble' "$WORK/out" && ok stuck "-b comm: $(grep -m1 leak "$WORK/out" | tr -s ' ')" ||
	fail stuck "-b comm: $(cat "$WORK/out")"

"$TCPDWELL" stuck --netns "$netns" --watch -i 200ms -f json >"$WORK/watch" &
watcher=$!
wait_for 20 sh -c "[ \$(grep -c '\"event\":\"census\"' '$WORK/watch') -ge 3 ]"
kill -TERM $watcher
wait $watcher
status=$?
seen=$(grep -c '"event":"census"' "$WORK/watch")
[ $status = 0 ] && [ "$seen" -ge 3 ] && jq -e . "$WORK/watch" >/dev/null &&
	ok stuck "--watch: $seen looks, then Ctrl-C" || fail stuck "--watch: $seen looks, status $status"
timeout 60 "$TCPDWELL" stuck --netns "$netns" --watch -i 100ms -n 2 -f json >"$WORK/watch"
status=$?
seen=$(grep -c '"event":"census"' "$WORK/watch")
[ $status = 0 ] && [ "$seen" = 2 ] && ok stuck "--watch -n 2: 2 looks" || fail stuck "--watch -n 2: $seen looks, status $status"
