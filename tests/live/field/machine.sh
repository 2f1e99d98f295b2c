#!/bin/bash
# Limits of the whole machine: orphans and TCP's memory. Nobody lowers them for a test, so files lie over those of /proc
# in a mount namespace of its own; the code that reads them is the one that is used. Told once, and where they can be seen.
. "$(dirname "$0")/../live.sh.inc"
can_trace field-machine || exit 0
needs field-machine jq unshare || exit 0

mkdir "$WORK/net"
# machine ORPHANS MAX PAGES PRESSURE LIMIT ARGUMENT...: what `stuck` finds there.
machine() {
	echo "TCP: inuse 3 orphan $1 tw 0 alloc 4 mem $3" >"$WORK/net/sockstat"
	echo "$2" >"$WORK/tcp_max_orphans"
	printf '1\t%s\t%s\n' "$4" "$5" >"$WORK/tcp_mem"
	# shellcheck disable=SC2016 # for sh
	unshare -m sh -c 'for limit in tcp_max_orphans tcp_mem; do mount --bind "$1/$limit" /proc/sys/net/ipv4/$limit || exit 99; done
		mount --bind "$1/net" /proc/$$/net || exit 99
		shift; exec "$@"' sh "$WORK" "$TCPDWELL" stuck -f json "${@:6}" >"$WORK/found" 2>"$WORK/err"
	[ $? != 99 ] || { skip field-machine "no file can be laid over those of /proc: $(head -1 "$WORK/err")"; exit 0; }
	jq -r 'select(.rule == "orphan-limit" or .rule == "tcp-memory") | select(.event == "finding") | "\(.rule) \(.count)/\(.room) \(.netns) \(.evidence)"' "$WORK/found" |
		sed 's/left; .*/left/; s/resets; .*/resets/'
}
expect() {
	local told
	told=$(machine "${@:3}")
	[ "$told" = "$2" ] && ok "field-machine-$1" "${told:-nothing}" || fail "field-machine-$1" "'$told', wanted '$2': $(head -1 "$WORK/err")"
}
expect well "" 100 200 1000 1000 2000
expect orphans "orphan-limit 101/200 null 99 left" 101 200 1000 1000 2000
expect orphans-over "orphan-limit 201/200 null none left: close() resets" 201 200 1000 1000 2000
expect memory "tcp-memory 1001/2000 null in pages; the kernel saves memory from 1000 on, 999 left" 1 200 1001 1000 2000
expect both "$(printf 'orphan-limit 150/200 null 50 left\ntcp-memory 2000/2000 null in pages; the kernel saves memory from 1000 on, none left')" 150 200 2000 1000 2000 -w "$WORK/rec"
"$TCPDWELL" stuck -r "$WORK/rec" -f json >"$WORK/replayed" && cmp -s "$WORK/found" "$WORK/replayed" &&
	ok field-machine-replay "the same" || fail field-machine-replay "$(diff "$WORK/found" "$WORK/replayed" | head -4)"
"$TCPDWELL" stuck -r "$WORK/rec" >"$WORK/text"
grep -q '^orphan-limit: 150 of 200 (75 %)$' "$WORK/text" && ok field-machine-text "$(grep ^orphan-limit "$WORK/text")" || fail field-machine-text "$(grep -A3 ^orphan "$WORK/text")"
"$TCPDWELL" report "$WORK/page.html" -q -r "$WORK/rec" && grep -q '"rule":"orphan-limit","count":150,"room":200,"netns":null' "$WORK/page.html" &&
	ok field-machine-page "in the page" || fail field-machine-page "$(grep -o '"fillings":.\{300\}' "$WORK/page.html")"
next=$(jq -r 'select(.rule == "orphan-limit") | .next' "$WORK/found")
sh -c "$next" >"$WORK/typed" 2>&1
grep -q ' orphan ' "$WORK/typed" && grep -q 'tcp_max_orphans = ' "$WORK/typed" && ok field-machine-next "$next" || fail field-machine-next "$next: $(head -3 "$WORK/typed")"
new_netns elsewhere || exit 1
told=$(ip netns exec "$elsewhere" "$TCPDWELL" stuck -f json 2>/dev/null | grep -cE 'orphan-limit|tcp-memory')
[ "$told" = 0 ] && ok field-machine-elsewhere "nothing where the limits are not to be seen" || fail field-machine-elsewhere "$told lines"
