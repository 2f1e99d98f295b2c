#!/bin/bash
# The other end of a connection, where it is on this host: the right one, and never another, whatever addresses the
# hosts of other network namespaces have. The truth is the cookies that the sockets themselves tell.
. "$(dirname "$0")/live.sh.inc"
needs peers python3 ip jq || exit 0
"$TCPDWELL" -q stuck >/dev/null 2>"$WORK/err" || { skip peers "cannot look at sockets here: $(head -1 "$WORK/err")"; exit; }

mkfifo "$WORK/stop"
python3 "$TESTS/live/peers.py" <"$WORK/stop" >"$WORK/truth" 2>"$WORK/err" &
on_exit "kill $! 2>/dev/null"
exec 3>"$WORK/stop"
wait_for 30 grep -q '^ready' "$WORK/truth" || { fail peers "they do not play: $(cat "$WORK/err")"; exit 1; }
"$TCPDWELL" stuck -s all -f json >"$WORK/out.json" 3>&- || [ $? = 1 ] || fail peers "stuck ended with $?"
in_words() { "$TCPDWELL" stuck -s syn-sent -P 7003 | grep 'its other end: LISTEN of python3\[[0-9]*\], .* for accept(), backlog 0'; }

told() { jq -r --arg c "$1" 'select(.event == "stuck" and .cookie == $c) | .peer_cookie // 0' "$WORK/out.json"; }
whose() { jq -r --arg c "$1" 'select(.event == "stuck" and .cookie == $c) | .peer_owner // "-"' "$WORK/out.json"; }
while read -r name cookie peer of; do
	[ "$name" != ready ] || continue
	seen=$(told "$cookie") owner=$(whose "$cookie")
	case $peer:$owner in
	'?':'~python3['*) [ "$seen" != 0 ] && ok peers "$name: a socket of $owner" && continue ;;
	0:-) [ "$seen" = 0 ] && ok peers "$name: none" && continue ;;
	*:"${of:-python3[}"*) [ "$seen" = "$peer" ] && ok peers "$name: the right one, of $owner" && continue ;;
	esac
	fail peers "$name: socket $cookie has '$seen' of '$owner', not $peer"
done <"$WORK/truth"
in_story() { "$TCPDWELL" stuck -P 7003 | sed -n '/^accept-queue-full/,/^$/p' | grep 'waiting for it: 1 SYN-SENT of python3\[[0-9]*\], .* (syn-unanswered)'; }
wait_for 20 in_words && ok peers "a SYN that a full queue drops: in words" || fail peers "a SYN that a full queue drops: $("$TCPDWELL" stuck -P 7003)"
wait_for 20 in_story && ok peers "with that queue, as one story" || fail peers "with that queue, as one story: $("$TCPDWELL" stuck -P 7003)"
exec 3>&-
wait
