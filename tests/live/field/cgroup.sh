#!/bin/bash
# Where /sys is another one (`ip netns exec`), cgroups have their names and --cgroup its path all the same; where there
# is no way to them, a word says so.
. "$(dirname "$0")/../live.sh.inc"
can_trace field-cgroup || exit 0
root=/sys/fs/cgroup
[ "$(stat -fc %T $root)" = cgroup2fs ] || root=/sys/fs/cgroup/unified
[ "$(stat -fc %T $root 2>/dev/null)" = cgroup2fs ] || { skip field-cgroup "no cgroup v2 mounted"; exit 0; }
new_netns netns || { fail field-cgroup "no network namespace"; exit 1; }

mine=tcpdwell-test-$$
mkdir "$root/$mine" || { skip field-cgroup "cgroups are read-only"; exit 0; }
on_exit "rmdir $root/$mine"
(
	echo 0 >"$root/$mine/cgroup.procs"
	exec ip netns exec "$netns" python3 -c 'import socket, time
l = socket.socket(); l.bind(("127.0.0.1", 18301)); l.listen(); time.sleep(1000)'
) &
listener=$!
on_exit "kill $listener; wait $listener"
wait_for 20 sh -c "ip netns exec $netns ss -tlnH | grep -q 18301"

# In a mount namespace of its own, whose /sys is new and has nothing else.
bare() { unshare -m sh -c 'umount -l /sys; mount -t sysfs sysfs /sys && exec "$@"' sh "$@"; }
elsewhere() { ip netns exec "$netns" "$@"; }
here() { "$@"; }
for where in here elsewhere bare; do
	$where "$TCPDWELL" features -f csv >"$WORK/features-$where" 2>&1
	cmp -s "$WORK/features-$where" "$WORK/features-here" && ok "field-features-$where" "the same" ||
		fail "field-features-$where" "$(diff "$WORK/features-here" "$WORK/features-$where")"
	for path in / "$mine" "/$mine" "$root/$mine"; do
		if $where "$TCPDWELL" stuck -f json -s listen --netns "$netns" --cgroup "$path" >"$WORK/look" 2>"$WORK/err"; then
			n=$(jq -rs '[.[] | select(.event == "stuck" and .lport == 18301)] | length' "$WORK/look")
			[ "$path" = / ] && wanted=0 || wanted=1
			[ "$n" = "$wanted" ] && ok "field-cgroup-$where" "--cgroup $path" || fail "field-cgroup-$where" "--cgroup $path: $n"
		else
			fail "field-cgroup-$where" "--cgroup $path: $(cat "$WORK/err")"
		fi
	done
	$where "$TCPDWELL" stuck -f json -s listen --netns "$netns" >"$WORK/look" 2>"$WORK/err"
	name=$(jq -r 'select(.event == "stuck" and .lport == 18301).cgroup_name' "$WORK/look")
	[[ $name = *$mine* ]] && ok "field-cgroup-name-$where" "$name" || fail "field-cgroup-name-$where" "$name, not $mine"
	$where "$TCPDWELL" stuck --cgroup nosuch >"$WORK/out" 2>"$WORK/err"
	one_error "no cgroup 'nosuch'" "$WORK/err" && ok "field-cgroup-nosuch-$where" "$ERROR" || fail "field-cgroup-nosuch-$where" "$(cat "$WORK/err")"
done

# Without the right to mount it.
unshare -m sh -c 'umount -l /sys; mount -t sysfs sysfs /sys; setpriv --inh-caps=-sys_admin --bounding-set=-sys_admin "$TCPDWELL" stuck --cgroup x; :' >"$WORK/out" 2>"$WORK/err"
one_error "cgroup file system is not mounted here" "$WORK/err" && ok field-cgroup-nowhere "$ERROR" || fail field-cgroup-nowhere "$(cat "$WORK/err")"
