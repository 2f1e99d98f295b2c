#!/bin/bash
# An address such as fe80::2 is another host behind each device: it is told with its device, and so are the commands.
. "$(dirname "$0")/../live.sh.inc"
# shellcheck source=tests/live/field/link_local.sh.inc
. "$TESTS/live/field/link_local.sh.inc"
can_trace field-link-local || exit 0
needs field-link-local python3 || exit 0
new_netns near && new_netns far || { fail field-link-local "no network namespace"; exit 1; }

in_near() { ip netns exec "$near" "$@"; }
link_local_links "$near" "$far" || { fail field-link-local "no links"; exit 1; }
odd=$ODD_DEVICE
mkfifo "$WORK/stop"
in_near python3 "$TESTS/live/field/link_local.py" "/run/netns/$far" "$odd" <"$WORK/stop" >"$WORK/made" 2>"$WORK/made.err" &
exec {stop}>"$WORK/stop"
on_exit "exec $stop>&-"
wait_for 20 grep -q ready "$WORK/made" || { fail field-link-local "the sockets were not made: $(tail -n 1 "$WORK/made.err")"; exit 1; }
gone=$(in_near cat /sys/class/net/gone/ifindex)
in_near ip link del gone
sleep 2.2

look() { "$TCPDWELL" stuck --netns "$near" -s syn-sent,syn-recv,close-wait,time-wait "$@" 2>"$WORK/err"; }
look -f json -w "$WORK/rec" >"$WORK/look"
look >"$WORK/text"

# expect NAME FILTER WANTED: what jq makes of the look.
expect() {
	local told
	told=$(jq -rs "[.[] | $2] | sort | join(\" \")" "$WORK/look")
	[ "$told" = "$3" ] && ok "field-link-local-$1" "$told" || fail "field-link-local-$1" "'$told', wanted '$3': $(head -c 300 "$WORK/err")"
}
sockets() { echo "select(.event == \"stuck\" and .$1 == $2) | .device"; }
expect syn-sent "$(sockets rport 18501) | select(. != \"$odd\")" "$gone va1 va2"
expect odd "$(sockets rport 18501) | select(. == \"$odd\")" "$odd"
expect bound "$(sockets rport 18502)" va2
expect unbound "$(sockets rport '18503 and .device == null') // \"none\"" none
expect close-wait "$(sockets rport 18505)" "va1 va2"
expect time-wait "$(sockets rport 18506)" "va1 va2"
expect request "$(sockets lport '18507 and .kind == "request"')" "va1 va2"

# What is alike is one row, but not if it is two hosts.
grep -qE 'CLOSE-WAIT .* 2 .*\*:18505' "$WORK/text" && ! grep -qE 'fe80::2\]:18505 *$' "$WORK/text" &&
	grep -qF '> [fe80::2%va' "$WORK/text" && ok field-link-local-text "$(grep -m1 -F '> [fe80::2%va' "$WORK/text")" ||
	fail field-link-local-text "$(grep 18505 "$WORK/text")"
"$TCPDWELL" stuck -r "$WORK/rec" -s syn-sent,syn-recv,close-wait,time-wait -f json >"$WORK/replayed"
diff "$WORK/look" "$WORK/replayed" >"$WORK/diff" && ok field-link-local-replay "the same" ||
	fail field-link-local-replay "$(head -n 4 "$WORK/diff")"

# What a trace recorded, as the page shows it: the device's name came with its census.
"$TCPDWELL" trace -q --netns "$near" -d 0.2 -w "$WORK/trace.rec" >/dev/null 2>"$WORK/err"
"$TCPDWELL" report "$WORK/page.html" -r "$WORK/trace.rec" 2>"$WORK/err"
grep -qE '"raddr":"fe80::2%va[12]"' "$WORK/page.html" && ok field-link-local-page "fe80::2 with its device" ||
	fail field-link-local-page "$(grep -o '"raddr":"[^"]*"' "$WORK/page.html" | sort | uniq -c | tr '\n' ' '; head -c 300 "$WORK/err")"

# next_of PORT: the command of the finding.
next_of() {
	"$TCPDWELL" stuck -f json --netns "$near" -P "$1" >"$WORK/look" 2>"$WORK/err"
	jq -r 'select(.event == "finding").next' "$WORK/look"
}
# says NAME COMMANDS PATTERN: the first of them, as typed.
says() {
	local said
	said=$(bash -c "${2%%; *}" 2>&1)
	grep -qE "$3" <<<"$said" && ok "field-link-local-$1" "$2" || fail "field-link-local-$1" "'$2' says: $said"
}
next=$(next_of 18502)
says next-bound "$next" '^10\.9\.9\.9 dev va2 '
for port in 18503 18504; do
	says "next-$port" "$(next_of $port)" 'dev va2 '
done
# Whoever of 18501 is the oldest is the example: each is asked for by its own port.
for device in va1 va2 "$odd" "$gone"; do
	lport=$(jq -r "select(.event == \"stuck\" and .rport == 18501 and .device == $(jq -Rn --arg d "$device" '$d')) | .lport" "$WORK/replayed")
	next=$(next_of "$lport")
	case $device in
	"$odd") says next-odd "$next" "^fe80::9 .*dev o;d'\\$\(x\) " ;;
	# Its address went with the device: what shows the addresses shows that.
	"$gone")
		laddr=$(jq -r "select(.event == \"stuck\" and .lport == $lport) | .laddr" "$WORK/replayed")
		rule=$(jq -r 'select(.event == "finding").rule' "$WORK/look")
		said=$(bash -c "${next%%; *}" 2>&1)
		[ "$rule" = address-gone ] && [[ $next = *"ip -br addr"* && -n $laddr && $said = *va1* && $said != *"${laddr%%%*}/"* ]] &&
			ok field-link-local-next-gone "$rule of $laddr: $next" || fail field-link-local-next-gone "$rule of $laddr: '$next' says: $said"
		;;
	*)
		says "next-$device" "$next" "^fe80::9 .*dev $device "
		[[ $next = *"ping -c 3 fe80::9%$device" ]] && ok field-link-local-ping "${next##*; }" || fail field-link-local-ping "$next"
		;;
	esac
done
