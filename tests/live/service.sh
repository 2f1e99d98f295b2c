#!/bin/bash
# The systemd unit as systemd takes it: what `systemd-analyze` thinks of it, and then the real systemd, process 1 of its own
# pid, mount, cgroup and host name namespaces, runs it with every restriction: its user, its capabilities, its system
# call filter, what it can and cannot reach, and that it traces all the same.
. "$(dirname "$0")/live.sh.inc"
UNIT=$TESTS/../dist/tcpdwell.service
SYSTEMD=/lib/systemd/systemd
EXPOSURE_MAX=30 # tenths; systemd 252 says 2.9, "OK"

needs service systemd-analyze "$SYSTEMD" curl || exit 0

# ---- offline ----

mkdir -p "$WORK/units" "$WORK/generators" "$WORK/root"
sed "s|/usr/sbin/tcpdwell|$TCPDWELL|" "$UNIT" >"$WORK/root/tcpdwell.service"
# Its man page may not be installed where the test runs.
sed -i '/^Documentation=/d' "$WORK/root/tcpdwell.service"
check service "systemd-analyze verify" systemd-analyze verify "$WORK/root/tcpdwell.service"

exposure=$(systemd-analyze security --offline=true --no-pager "$UNIT" 2>&1 | sed -n 's/.*Overall exposure level for .*: \([0-9.]*\) .*/\1/p')
[ -n "$exposure" ] && systemd-analyze security --offline=true --threshold=$EXPOSURE_MAX "$UNIT" >/dev/null 2>&1 &&
	ok service "systemd-analyze security: exposure $exposure, at most ${EXPOSURE_MAX%?}.${EXPOSURE_MAX: -1}" ||
	fail service "systemd-analyze security: exposure ${exposure:-unknown}, more than ${EXPOSURE_MAX%?}.${EXPOSURE_MAX: -1}"

# ---- under systemd ----

can_trace service || exit 0
unified=$(awk '$3 == "cgroup2" { print $2; exit }' /proc/mounts)
[ -n "$unified" ] && CGROUP=$unified/tcpdwell-test-$$ && mkdir "$CGROUP" ||
	{ skip service "no cgroup v2 to run systemd in"; exit 0; }
cgroup_is_gone() { find "$CGROUP" -depth -type d -exec rmdir {} + && [ ! -e "$CGROUP" ]; }
on_exit "wait_for 5 cgroup_is_gone || fail service 'left its cgroup behind'"

# Nothing but what is written here: no unit, no generator of the host's.
target() { printf '[Unit]\nDescription=%s\nDefaultDependencies=no\n' "$1" >"$WORK/units/$1.target"; }
for name in sysinit basic shutdown umount final network multi-user; do
	target $name
done
sed 's|/usr/sbin/tcpdwell|/run/tcpdwell|; s|/etc/default|/run/default|' "$UNIT" >"$WORK/units/tcpdwell.service"
mkdir "$WORK/units/tcpdwell.service.d"
printf '[Service]\nStandardError=file:/run/err\nWatchdogSec=4\nRestartSec=1\nLimitCORE=0\n' >"$WORK/units/tcpdwell.service.d/test.conf"
# The same restrictions for a command that looks around.
sed -e '/^ExecStart=/d' -e '/^Restart=/d' -e '/^RestartSec=/d' -e '/^WatchdogSec=/d' -e 's/^Type=.*/Type=oneshot/' "$UNIT" >"$WORK/units/look@.service"
cat >>"$WORK/units/look@.service" <<-END
	[Service]
	ExecStart=/bin/sh /run/look
	StandardOutput=file:/run/look.out
	StandardError=inherit
END
# Each line: what must fail, or must work.
cat >"$WORK/look" <<-'END'
	can() { if eval "$2" 2>/dev/null >/dev/null; then echo "can $1"; else echo "cannot $1"; fi; }
	can 'write /run' 'touch /run/x'
	can 'write /etc' 'touch /etc/tcpdwell-test'
	can 'write /sys' 'echo 0 | tee /sys/kernel/mm/ksm/run'
	can 'write /proc/sys' 'tee /proc/sys/vm/swappiness </proc/sys/vm/swappiness'
	can 'read the kernel log' 'dmesg'
	can 'read /root' 'ls /root/.profile'
	can 'make a user namespace' 'unshare -U true'
	can 'make a mount namespace' 'unshare -m true'
	can 'change the owner of a file' 'touch /tmp/x && chown 1 /tmp/x'
	# Of packets: who may, and lacks the capability, hears EPERM.
	can 'open a socket of another kind' 'perl -MErrno -e "socket(S, 17, 3, 0); exit \$!{EAFNOSUPPORT}"'
	can 'ask for routes' 'ip route get 127.0.0.1'
	can 'see kernel addresses' 'grep -q "^0*[1-9a-f].* tw_timer_handler" /proc/kallsyms'
	can 'enter a network namespace' 'nsenter --net=/run/netns/later true'
	can 'enter a network namespace without a name' "nsenter --net=/proc/$(cat /run/unnamed.pid)/ns/net true"
	can 'write /tmp' 'touch /tmp/y'
END

cat >"$WORK/boot" <<-END
	set -e
	mount --make-rprivate /
	mount -t proc proc /proc
	# Nothing of the host's below, which would be hidden and yet there.
	awk '\$2 ~ "^/(run|sys/fs/cgroup)(/|\$)" { print \$2 }' /proc/mounts | sort -r | xargs -r umount -l
	mount -t tmpfs tmpfs /run
	mount -t cgroup2 cgroup2 /sys/fs/cgroup
	cp $TCPDWELL /run/tcpdwell
	cp $WORK/look /run/look
	cp $BUILD/traffic $BUILD/trouble /run
	mkdir -p /run/systemd /run/netns /run/default
	ip link set lo up
	export container=tcpdwell-test SYSTEMD_UNIT_PATH=$WORK/units SYSTEMD_GENERATOR_PATH=$WORK/generators
	exec $SYSTEMD --system --unit=basic.target --log-target=null --show-status=no
END
# Its first process is the only child of unshare.
(echo "$BASHPID" >"$CGROUP/cgroup.procs" && exec unshare --pid --fork --kill-child --mount --cgroup --uts --net bash "$WORK/boot") \
	</dev/null >"$WORK/boot.log" 2>&1 &
host=$!
init() { cat /proc/$host/task/$host/children; }
on_exit "kill -KILL $host 2>/dev/null; wait $host 2>/dev/null"
inside() { nsenter --target "$init" --mount --pid --uts --cgroup --net "$@"; }
is_up() { init=$(init) && init=${init%% *} && [ -n "$init" ] && inside systemctl is-active basic.target; }
wait_for 20 is_up || { fail service "systemd did not start: $(head -c 400 "$WORK/boot.log")"; exit 1; }

inside systemctl start tcpdwell.service || { fail service "did not start: $(inside systemctl status tcpdwell | head -20)"; exit 1; }
pid=$(inside systemctl show -P MainPID tcpdwell.service)
status() { inside sed -n "s/^$1:\s*//p" "/proc/$pid/status"; }
# answers PORT PATH: to $WORK/answer.
answers() { inside curl -sf -m 10 -o "$WORK/answer" "http://127.0.0.1:$1$2"; }
# Nobody has to wait: it is started once it is ready.
answers 9798 /healthz && ok service "answers at its usual address: $(head -1 "$WORK/answer")" ||
	fail service "no answer: $(inside cat /run/err | head -5)"
got=$(inside systemctl show -P Type,StatusText,WatchdogUSec tcpdwell.service | tr '\n' ' ')
[ "$got" = "notify 4s listening on http://127.0.0.1:9798/metrics " ] && ok service "tells systemd: $got" || fail service "tells systemd: $got"
got=$(status CapPrm)
[ "$got" = 0000000000200000 ] && ok service "keeps CAP_SYS_ADMIN only" || fail service "holds $got"
finder=$(inside cat "/proc/$pid/task/$pid/children")
got=$(inside sed -n 's/^CapPrm:\s*//p' "/proc/${finder% }/status")
[ "$got" = 0000000000080000 ] && ok service "who finds namespaces keeps CAP_SYS_PTRACE only" || fail service "process ${finder:-?} holds ${got:-?}"
uid=$(status Uid | cut -f1)
[ "$uid" -ge 61184 ] && [ "$uid" -le 65519 ] && ok service "is a dynamic user, $uid" || fail service "runs as $uid"
got="$(status CapInh) $(status CapBnd) $(status NoNewPrivs) $(status Seccomp)"
[ "$got" = "000000c400280000 000000c400280000 1 2" ] || [ "$got" = "0000000000000000 000000c400280000 1 2" ] &&
	ok service "bounding set of the unit, no-new-privs, system calls filtered" ||
	fail service "inheritable, bounding, no-new-privs, seccomp are $got"

# What comes and goes while it runs, in a network namespace that was made after it started; and what stays, in one
# without a name.
inside sh -c 'ip netns add later && ip -n later link set lo up' || fail service "no network namespace inside"
mkfifo "$WORK/stop"
# shellcheck disable=SC2016
inside unshare -n sh -c 'echo $$ >/run/unnamed.pid; ip link set lo up; exec /run/trouble -' <"$WORK/stop" >"$WORK/cases" 2>/dev/null &
exec 3>"$WORK/stop"
inside ip netns exec later /run/traffic -o /run/truth -n 3 active-close >"$WORK/traffic.log" 2>&1 ||
	fail service "the traffic did not play: $(tail -1 "$WORK/traffic.log")"
wait_for 30 grep -q '^ready' "$WORK/cases" || fail service "the cases did not play: $(cat "$WORK/cases")"

# told LINE: its value, which has to be above 0.
told() {
	answers 9798 /metrics && value=$(awk -v line="$1" 'index($0, line " ") == 1 { print $NF }' "$WORK/answer") && [ "${value:-0}" != 0 ]
}
for line in 'tcpdwell_state_duration_seconds_count{state="CLOSE-WAIT"}' 'tcpdwell_findings{rule="close-wait-held",comm="trouble"}' \
	'tcpdwell_connections{state="FIN-WAIT-2"}'; do
	wait_for 10 told "$line" && ok service "$line $value" || fail service "$line ${value:-is not told}"
done
none_unseen() { ! told tcpdwell_unseen_namespaces && [ "$value" = 0 ]; }
wait_for 10 none_unseen && ok service "no namespace is out of sight" || fail service "$value namespaces are out of sight"

inside systemctl start look@1.service
inside cat /run/look.out >"$WORK/look.out"
cat >"$WORK/look.want" <<-END
	cannot write /run
	cannot write /etc
	cannot write /sys
	cannot write /proc/sys
	cannot read the kernel log
	cannot read /root
	cannot make a user namespace
	cannot make a mount namespace
	cannot change the owner of a file
	cannot open a socket of another kind
	can ask for routes
	can see kernel addresses
	can enter a network namespace
	can enter a network namespace without a name
	can write /tmp
END
if diff "$WORK/look.want" "$WORK/look.out" >"$WORK/diff"; then
	ok service "inside it: $(grep -c cannot "$WORK/look.want") things that cannot be done, 4 that can"
else
	fail service "inside it: $(grep '^[<>]' "$WORK/diff" | tr '\n' ';')"
fi

# One that hangs is restarted, and one that works is not.
restarts() { inside systemctl show -P NRestarts tcpdwell.service; }
[ "$(restarts)" = 0 ] && ok service "its watchdog leaves it in peace" || fail service "restarted $(restarts) times"
inside kill -STOP "$pid"
is_again() { [ "$(restarts)" = 1 ] && answers 9798 /healthz; }
wait_for 30 is_again && ok service "stopped: killed by the watchdog, and started again" ||
	fail service "stopped: $(inside systemctl show -P Result,NRestarts,ActiveState tcpdwell.service | tr '\n' ' ')"

# Settings of the host: another port, a filter.
inside sh -c 'printf "TCPDWELL_LISTEN=127.0.0.1:29798\nTCPDWELL_OPTIONS=-L 80 --by local-port\n" >/run/default/tcpdwell'
inside systemctl restart tcpdwell.service
answers 29798 /metrics && ok service "/etc/default/tcpdwell is heard" || fail service "settings: $(inside cat /run/err | tail -3)"
inside systemctl stop tcpdwell.service
result=$(inside systemctl show -P Result tcpdwell.service)
[ "$result" = success ] && ! inside grep -q '^error' /run/err && ok service "SIGTERM ends it: $result" ||
	fail service "ended with '$result': $(inside head -3 /run/err)"
