#!/bin/bash
# Filter expressions mean what they mean to ss: on the same sockets, the same sets, by the kernel's matcher (live) and
# by that of user space (from a recording). Each expression as words and, where ss can, as one.
. "$(dirname "$0")/live.sh.inc"
"$TCPDWELL" -q stuck >/dev/null 2>"$WORK/err" || { skip expr "cannot look at sockets here: $(head -1 "$WORK/err")"; exit; }
new_netns netns || { fail expr "no network namespace"; exit 1; }
# What waits for an answer is to wait longer than the test takes.
ip netns exec "$netns" sysctl -qw net.ipv4.tcp_synack_retries=8 net.ipv4.tcp_syn_retries=8 net.ipv4.tcp_retries2=15 \
	net.ipv4.tcp_orphan_retries=15
mkfifo "$WORK/stop"
ip netns exec "$netns" "$BUILD/mixed" <"$WORK/stop" >"$WORK/ready" 2>"$WORK/mixed.err" &
exec 3>"$WORK/stop"
wait_for 30 grep -q '^ready' "$WORK/ready" || { fail expr "no sockets: $(cat "$WORK/mixed.err")"; exit 1; }
set -f # expressions are words, not patterns of files

# A socket's ports are its own. ss calls some states otherwise, and none if there is only one to tell.
theirs() { # ARGUMENT...
	ip netns exec "$netns" ss -tanH "$@" 2>&1 | awk -v one="${2-}" '
		BEGIN { name["ESTAB"] = "ESTABLISHED"; name["SYN-RECV"] = "SYN-RECEIVED"; name["LISTENING"] = "LISTEN" }
		$1 ~ /^[0-9]+$/ { $0 = toupper(one) " " $0 }
		{ sub(/.*:/, "", $4); sub(/.*:/, "", $5); sub(/\*/, "0", $5); print ($1 in name ? name[$1] : $1), $4, $5 }' | sort
}
ours() { # ARGUMENT...
	"$TCPDWELL" stuck -f json "$@" 2>"$WORK/err" | jq -r 'select(.event == "stuck") | [.state, .lport, (.rport // 0)] | join(" ")' | sort
	[ ! -s "$WORK/err" ] || head -1 "$WORK/err"
}

"$TCPDWELL" stuck --netns "$netns" -f json -w "$WORK/rec" state all >"$WORK/out.json"
theirs >"$WORK/all"
states=$(cut -d' ' -f1 "$WORK/all" | sort -u | wc -l)
[ "$(wc -l <"$WORK/all")" -ge 35 ] && [ "$states" -ge 9 ] && ok expr "$(wc -l <"$WORK/all") sockets in $states states" ||
	fail expr "only $(wc -l <"$WORK/all") sockets in $states states: $(tr '\n' ';' <"$WORK/all")"

# same STATES EXPRESSION: tried again if a socket moved meanwhile. TIME-WAIT may be over before a test is.
same() {
	local words=() state=() n
	read -ra state <<<"$1"
	read -ra words <<<"$2"
	for _ in 1 2 3; do
		theirs "${state[@]}" ${2:+"$2"} >"$WORK/theirs.one"
		ours --netns "$netns" "${state[@]:-state all}" "${words[@]}" >"$WORK/ours"
		theirs "${state[@]}" "${words[@]}" >"$WORK/theirs"
		cmp -s "$WORK/theirs" "$WORK/theirs.one" && cmp -s "$WORK/theirs" "$WORK/ours" && break
	done
	n=$(wc -l <"$WORK/theirs")
	ours -r "$WORK/rec" "${1:-state all} $2" | grep -v TIME-WAIT >"$WORK/replayed"
	if ! diff "$WORK/theirs" "$WORK/ours" >"$WORK/diff"; then
		fail expr "$1${1:+ }$2: not what ss has: $(head -6 "$WORK/diff" | tr '\n' ';')"
	elif ! diff <(grep -v TIME-WAIT "$WORK/theirs") "$WORK/replayed" >"$WORK/diff"; then
		fail expr "$1${1:+ }$2: from the recording not what ss has: $(head -6 "$WORK/diff" | tr '\n' ';')"
	else
		told=$((told + 1)) chosen=$((chosen + (n > 0 && n < all)))
		ok expr "$1${2:+${1:+ }}$2: $n of $all sockets"
	fi
}

all=$(wc -l <"$WORK/all") told=0 chosen=0
# States first: TIME-WAIT is the first to go.
for states in all connected synchronized bucket big established listening time-wait syn-sent syn-recv close-wait fin-wait-1 \
	fin-wait-2 last-ack closed; do
	same "state $states" ""
done
same "exclude listening exclude established" ""
same "state close-wait state fin-wait-2" "dport = :443 or sport = :443"
same "state connected exclude syn-sent" "( dport = :443 or dport = :8080 ) and not dst 127.0.0.1"

while read -r expression; do
	same "" "$expression"
done <<-'EXPRESSIONS'
	dport = :443
	dport 443
	sport = :https
	dport != :443
	sport > :8080
	sport >= :8080
	sport gt :443 and sport lt :8443
	dport < :2003
	dport <= :2003
	dport ge 2021 and dport le 2031
	sport neq 443
	dport = :0
	sport >= :65535
	sport < :2
	dport = *
	dst 127.0.0.1
	src = 127.0.0.1
	dst 127.0.0.1:443
	dst 127.0.0.1:https or src 127.0.0.1:https
	dst 127/8
	dst 127.0/16
	dst 127.1.0.0/16
	src 127.0.0.7/29
	dst 127.0.0.0/29:8080
	dst 127.0.0.0/8
	dst 127.0.0.7
	dst 0.0.0.0
	src 0.0.0.0/0:443
	dst [::1]
	dst [::1]:443
	dst ::1/128
	dst [::1/127]:443
	src ::1/128:8443
	dst [::]
	src any
	dst :2001
	dst inet:127.0.0.1
	dst inet6:[::1] or sport = :443
	sport = inet::443
	dport = :443 sport = :2001
	dport = :443 and sport = :2001 or sport = :2005
	sport = :2005 or sport = :2001 and dport = :443
	sport = :2001 or dport = :8443 sport = :2005
	sport = :2001 or ( dport = :8443 and sport = :2005 )
	not sport = :443 and dport = :443
	not ( sport = :443 or dport = :443 )
	! dport = :443 || ! sport = :2001
	dport = :443 & ! dst 127.0.0.1 | sport = :8080
	not not dport = :443
	( ( dport = :443 or dport = :8443 ) and ( src [::1] or sport = :2006 ) )
	dst 127.0.0.3 or dst 127.2.0.3 or dst 127.0.0.9
	sport = :1 or sport = :2001 or sport = :2002 or sport = :2003 or sport = :2004 or sport = :2005 and not dst [::1]
EXPRESSIONS
[ $told -ge 30 ] && [ $chosen -ge 30 ] && ok expr "$told expressions are what they are to ss, $chosen of them chose" ||
	fail expr "$told expressions agree, $chosen of them chose"

# Where ss says nothing or something else, and we know what is meant.
different() { # EXPRESSION ITS-TRANSLATION-FOR-SS
	read -ra words <<<"$2"
	ours -r "$WORK/rec" "state all $1" | grep -v TIME-WAIT >"$WORK/ours"
	theirs "${words[@]}" | grep -v TIME-WAIT >"$WORK/theirs"
	if [ -s "$WORK/ours" ] && cmp -s "$WORK/ours" "$WORK/theirs"; then
		ok expr "$1: as ss $2"
	else
		fail expr "$1: is not ss $2: $(diff "$WORK/theirs" "$WORK/ours" | head -4 | tr '\n' ';')"
	fi
}
different "(dport=:443|sport=:443)" "( dport = :443 or sport = :443 )"
different "dst != 127.0.0.1" "not dst 127.0.0.1"
different "dst [::1]/128" "dst ::1/128"
different "dst ::/0" "dst ::/0 and not dst 127/8" # mapped addresses are IPv4
exec 3>&-
