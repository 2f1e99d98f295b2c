#!/bin/bash
# The DaemonSet's container as a node would run it, by a real container runtime (crun), from the manifest: its arguments,
# capabilities, mounts and namespaces, nothing in its file system but the program. Its probe answers, and it sees the
# connections of another "pod", whose network namespace has no name. What is not as on a node: the runtime's filter on system calls, AppArmor.
. "$(dirname "$0")/live.sh.inc"
can_trace pod && needs pod crun curl yaml || exit 0

new_netns netns || exit 1
root=$WORK/bundle/root
mkdir -p "$root"
# As the image has it, linked dynamically all the same: a static build of its own would take longer than the test.
cp "$TCPDWELL" "$root/tcpdwell"
ldd "$TCPDWELL" | grep -oE '/[^ ]+' | xargs -I{} cp --parents {} "$root"
/usr/bin/python3 "$TESTS/cli/dist.py" pod "$root" "/run/netns/$netns" >"$WORK/bundle/config.json" || exit 1

name=tcpdwell-test-$$
# crun wants one kind of cgroups alone.
unified() { unshare --mount sh -c 'umount -R -l /sys/fs/cgroup && mount -t cgroup2 cgroup2 /sys/fs/cgroup && exec "$@"' sh "$@"; }
crun() { unified crun --root "$WORK/crun" --cgroup-manager=disabled "$@"; }
on_exit "crun delete --force $name 2>/dev/null"
crun run --bundle "$WORK/bundle" $name >"$WORK/out" 2>"$WORK/err" </dev/null &
runtime=$!
started() { pid=$(crun state $name | jq -e .pid) && [ "$pid" -gt 0 ]; }
wait_for 20 started || { fail pod "did not start: $(head -5 "$WORK/err")"; exit 1; }
# answers PATH: as the node's probe and Prometheus ask, to $WORK/answer.
answers() { ip netns exec "$netns" curl -sf -m 10 -o "$WORK/answer" "http://127.0.0.1:9798$1"; }
wait_for 20 answers /healthz && ok pod "/healthz: $(head -1 "$WORK/answer")" || fail pod "no answer: $(head -3 "$WORK/err")"
held=$(sed -n 's/^\(CapPrm\|NoNewPrivs\):\s*//p' "/proc/$pid/status" | tr '\n' ' ')
[ "$held" = "0000000000200000 1 " ] && ok pod "keeps CAP_SYS_ADMIN only, no-new-privs" || fail pod "holds $held"

mkfifo "$WORK/stop"
unshare -n sh -c "ip link set lo up && exec $BUILD/trouble -" <"$WORK/stop" >"$WORK/cases" 2>/dev/null &
exec 3>"$WORK/stop"
wait_for 30 grep -q '^ready' "$WORK/cases" || fail pod "the cases did not play: $(cat "$WORK/cases")"
# told LINE: its value, which has to be above 0.
told() { answers /metrics && value=$(awk -v line="$1" 'index($0, line " ") == 1 { print $NF }' "$WORK/answer") && [ "${value:-0}" != 0 ]; }
for line in 'tcpdwell_state_duration_seconds_count{state="SYN-SENT"}' 'tcpdwell_findings{rule="close-wait-held",comm="trouble"}'; do
	wait_for 10 told "$line" && ok pod "$line $value" || fail pod "$line ${value:-is not told}"
done
# Namespaces of other tests may come while it looks.
none_unseen() { ! told tcpdwell_unseen_namespaces && [ "$value" = 0 ]; }
wait_for 10 none_unseen && ok pod "no namespace is out of sight" || fail pod "$value namespaces are out of sight"

kill -TERM "$pid"
wait $runtime
status=$?
[ $status = 0 ] && ! grep -q '^error' "$WORK/err" && ok pod "SIGTERM ends it, status 0" || fail pod "status $status: $(head -3 "$WORK/err")"
