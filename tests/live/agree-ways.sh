#!/bin/bash
# One account, as in agree.sh, of connections whose packets find no way, of what packet filters do to them, and of network
# namespaces that nobody names; also as it is told in another pid namespace, behind `ip netns exec`, and of a machine
# whose limits are near.
# shellcheck source=tests/live/agree.sh.inc
. "$(dirname "$0")/agree.sh.inc"
# shellcheck source=tests/live/field/link_local.sh.inc
. "$TESTS/live/field/link_local.sh.inc"
agree_can agree
part ways 50
part where 12
netns_of ways ways deferred nobody near redirect tproxy reject black_hole
netns_of where shared passed
netns_of "" far
link_local_links "$near" "$far" || { fail agree "no links"; exit 1; }

# Namespaces that have no name, and what leaks in them before anybody watches.
# leak NAME COMMAND...: leak.py; a process or thread of its namespace goes to INSIDE.
leak() {
	hold_as "$1" "${@:2}"
	wait_for 60 grep -q ^ready "$WORK/$1.held" || { fail agree "no leak: $(cat "$WORK/$1.err")"; exit 1; }
	read -r _ _ INSIDE <"$WORK/$1.held"
}
LEAK=(python3 "$TESTS/live/field/leak.py")
# where.sh looks at the whole host for the same with other ports.
port=18901
for where in process thread away; do
	leak $where "${LEAK[@]}" $where $((port++))
	belongs where "/proc/$INSIDE/ns/net"
done
leak mount "${LEAK[@]}" mount $((port++)) "$WORK/mounted"
on_exit "umount $WORK/mounted 2>/dev/null"
belongs where "$WORK/mounted"
# Nine threads, each with its own.
leak threads "${LEAK[@]}" threads $((port++))
for task in "/proc/${HOLDERS[-1]}/task"/*; do
	[ "${task##*/}" = "${HOLDERS[-1]}" ] || belongs where "$task/ns/net"
done
# One whose name another has.
name=tcpdwell-$$-name
ip netns add "$name" && ip -n "$name" link set lo up || { fail agree "no network namespace"; exit 1; }
on_exit "ip netns del $name 2>/dev/null"
leak renamed nsenter --net="/run/netns/$name" "${LEAK[@]}" here $((port++))
belongs where "/proc/$INSIDE/ns/net"

# There are no ways through /proc to the namespaces of others.
part named 10
PARTS=(ways where)
belongs named "$shared" "$passed" "$near" "$deferred" "$redirect"
asker inside named 'exec unshare -pf --kill-child --mount-proc "$@"'
asker behind-exec where "exec ip netns exec $far \"\$@\""
# As machine.sh: files lie over those of /proc.
mkdir "$WORK/net"
echo "TCP: inuse 3 orphan 150 tw 0 alloc 4 mem 1500" >"$WORK/net/sockstat"
echo 200 >"$WORK/tcp_max_orphans"
printf '1\t1000\t2000\n' >"$WORK/tcp_mem"
# shellcheck disable=SC2016 # for sh
asker limited ways "exec unshare -m sh -c 'for limit in tcp_max_orphans tcp_mem; do mount --bind $WORK/\$limit /proc/sys/net/ipv4/\$limit || exit; done
	mount --bind $WORK/net /proc/\$\$/net && exec \"\$@\"' sh \"\$@\""
agree_watch

ip netns del "$name"
ip netns add "$name"
hold_as passed nsenter --net="/run/netns/$passed" "${LEAK[@]}" passed 18920
# Its number is another one in there.
hold_as here-pidns nsenter --net="/run/netns/$shared" unshare -pf --kill-child --mount-proc "${LEAK[@]}" here 18921
hold_as here nsenter --net="/run/netns/$shared" "${LEAK[@]}" here 18922
# This one's number is, in there, that of the one before.
# shellcheck disable=SC2016 # for sh
hold_as same-pidns nsenter --net="/run/netns/$shared" unshare -pf --kill-child --mount-proc sh -c 'echo "$(($1 - 1))" >/proc/sys/kernel/ns_last_pid
	shift; "$@"; exit' sh "${HOLDERS[-1]}" "${LEAK[@]}" here 18923
hold "$ways" unreachable ways
hold "$deferred" unreachable deferred
hold "$nobody" unreachable nobody_there
for situation in redirect tproxy reject black_hole; do
	hold "${!situation}" packet_filter $situation
done
hold_as link_local nsenter --net="/run/netns/$near" python3 "$TESTS/live/field/link_local.py" "/run/netns/$far" "$ODD_DEVICE"
wait_for 60 grep -q ^ready "$WORK/link_local.held"
ip -n "$near" link del gone
agree_await
agree
