#!/bin/bash
# The census: the same 4-tuples in three network namespaces are never mixed up; 10,000 sockets in mixed states are those
# that ss tells, in the same states, of the same owners and users; counts by state are those of `ss -tan` in every namespace.
. "$(dirname "$0")/live.sh.inc"

ALL=listen,established,syn-sent,syn-received,fin-wait-1,fin-wait-2,close-wait,closing,last-ack,time-wait

"$TCPDWELL" -q stuck >/dev/null 2>"$WORK/err" || { skip census "cannot look at sockets here: $(head -1 "$WORK/err")"; exit; }
new_netns a && new_netns b && new_netns c && new_netns many || { fail census "no network namespace"; exit 1; }
start_trouble "$many" "$WORK/many" many 10000 || exit 1
for which in a b c; do
	start_trouble "${!which}" "$WORK/$which" same $which || exit 1
done
# Ages are asked for, and ss is compared, once nothing moves any more.
sleep 1.2

# ---- three namespaces ----
"$TCPDWELL" stuck --netns "$a,$b,$c" -s $ALL -f json >"$WORK/same.json"
inode() { stat -L -c %i "/run/netns/$1"; }
seen() { # NETNS: "LPORT RPORT STATE RULE OWNER NAME", a line a socket
	jq -r --argjson n "$(inode "$1")" 'select(.event == "stuck" and .netns == $n) | [.lport, .rport // 0, .state, .rule // "-",
		(.owner | sub("\\[.*"; "")), .netns_name] | join(" ")' "$WORK/same.json" | sort
}
wanted() { # NAME NETNS STATE RULE OWNER of the client, STATE RULE OWNER of the server
	sort <<-END
		7000 0 LISTEN - same-$1 $2
		7000 7101 SYN-RECEIVED syn-received-unanswered ~same-$1 $2
		7101 7000 SYN-SENT syn-unanswered same-$1 $2
		7100 7000 $3 $4 $5 $2
		7000 7100 $6 $7 $8 $2
	END
}
wanted a "$a" ESTABLISHED - same-a ESTABLISHED - same-a >"$WORK/wanted.a"
wanted b "$b" FIN-WAIT-2 fin-wait-2-orphan '(orphan)' CLOSE-WAIT close-wait-held same-b >"$WORK/wanted.b"
wanted c "$c" FIN-WAIT-2 fin-wait-2-held same-c CLOSE-WAIT close-wait-unread same-c >"$WORK/wanted.c"
for which in a b c; do
	if diff "$WORK/wanted.$which" <(seen "${!which}") >"$WORK/diff"; then
		ok census "same 4-tuples in namespace $which: 5 sockets, states, owners and rules its own"
	else
		fail census "same 4-tuples in namespace $which: $(tr '\n' ';' <"$WORK/diff")"
	fi
done

# ---- 10,000 sockets ----
"$TCPDWELL" stuck --netns "$many" -s $ALL -f json >"$WORK/many.json"
ip netns exec "$many" ss -tanpoeH >"$WORK/ss" 2>/dev/null # it complains of cgroup v1
jq -r 'select(.event == "stuck") | [.state, .lport, .rport // 0, ([.holders[] | "\(.pid):\(.fd)"] | sort | join(",")), .cookie, .uid] |
	if .[3] == "" then .[3] = "-" | .[5] = "-" else . end | join(" ")' "$WORK/many.json" |
	awk '{ printf "%s %s %s %s %x %s\n", $1, $2, $3, $4, $5, $6 }' | sort >"$WORK/ours"
"$TESTS/live/ss.awk" -v full=1 "$WORK/ss" | sort >"$WORK/theirs"
count=$(wc -l <"$WORK/theirs")
if [ "$count" -ge 9000 ] && diff "$WORK/theirs" "$WORK/ours" >"$WORK/diff"; then
	ok census "agrees with ss -tanpoe on $count sockets: state, ports, pid and fd of all holders, cookie, uid"
else
	fail census "differs from ss on $(grep -c '^<' "$WORK/diff") of $count sockets: $(head -4 "$WORK/diff" | tr '\n' ';')"
fi

# ---- counts ----
"$TCPDWELL" stuck --netns "$a,$b,$c,$many" -f json | jq -r 'select(.event == "census") | .namespaces, (.states | to_entries[] |
	select(.value > 0) | "\(.key) \(.value)")' | sort >"$WORK/ours"
{
	echo 4
	for netns in "$a" "$b" "$c" "$many"; do
		ip netns exec "$netns" ss -tanH
	done | "$TESTS/live/ss.awk" | awk '{ n[$1]++ } END { for (state in n) print state, n[state] }'
} | sort >"$WORK/theirs"
if diff "$WORK/theirs" "$WORK/ours" >"$WORK/diff"; then
	ok census "counts of 4 namespaces at once, as ss | awk: $(tail -n +2 "$WORK/ours" | tr '\n' ' ')"
else
	fail census "counts differ from ss: $(tr '\n' ';' <"$WORK/diff")"
fi

# ---- names ----
tree=/sys/fs/cgroup
[ ! -e $tree/unified ] || tree=$tree/unified
unit=tcpdwell-$$.service
container=docker-$(printf '%08x%056x' $$ 1).scope
ours=$(sed -n 's/^0:://p' /proc/self/cgroup)
if new_netns d && new_netns e && mkdir "$tree/$unit" "$tree/$container" 2>"$WORK/err"; then
	on_exit "wait_for 5 rmdir $tree/$unit; wait_for 5 rmdir $tree/$container"
	echo $$ >"$tree/$unit/cgroup.procs"
	start_trouble "$d" "$WORK/d" same b
	echo $$ >"$tree/$container/cgroup.procs"
	start_trouble "$e" "$WORK/e" same b
	echo $$ >"$tree$ours/cgroup.procs"
	sleep 1.2
	"$TCPDWELL" stuck --netns "$d,$e" -s close-wait -f json -w "$WORK/rec" >"$WORK/names.json"
	jq -r 'select(.event == "stuck") | "\(.cgroup_name) \(.netns_name)"' "$WORK/names.json" | sort >"$WORK/ours"
	printf '%s\n' "$unit $d" "docker:$(printf '%08x0000' $$) $e" | sort >"$WORK/wanted"
	diff "$WORK/wanted" "$WORK/ours" >"$WORK/diff" && ok census "unit, container and namespaces by name: $(tr '\n' ' ' <"$WORK/ours")" ||
		fail census "names: $(tr '\n' ';' <"$WORK/diff")"
	plainly "$TCPDWELL" stuck -r - -s close-wait -f json <"$WORK/rec" | cmp -s - "$WORK/names.json" &&
		ok census "the names are in the recording" || fail census "the names are not in the recording"
	[ "$("$TCPDWELL" stuck --netns "$d,$e" -s close-wait -q --cgroup "$unit" | grep -c '^CLOSE-WAIT')" = 1 ] &&
		ok census "--cgroup $unit: one of the two" || fail census "--cgroup does not narrow"
else
	skip census "names: no cgroup can be made here: $(cat "$WORK/err")"
fi
