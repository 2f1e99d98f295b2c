#!/bin/bash
# Privileges: an ordinary user with two capabilities can trace; what is missing is named; what has done its work is
# given up, root with it, as /proc tells; and with what is left nothing of the system's can be written.
. "$(dirname "$0")/live.sh.inc"
can_trace privileges || exit 0
again_if_withheld privileges moves

USER_ID=65534
ADMIN=200000           # CAP_SYS_ADMIN, bit 21
PTRACE=80000           # CAP_SYS_PTRACE, bit 19
PTRACE_AND_SEARCH=80004 # and CAP_DAC_READ_SEARCH, bit 2
new_netns netns || exit 1
# The build may be in a folder that others may not enter; what the user writes, such as the ready file, is here.
AS_ROOT=$TCPDWELL
cp "$TCPDWELL" "$WORK/tcpdwell"
chown $USER_ID "$WORK"

# is_since VERSION: of the kernel.
is_since() { printf '%s\n' "$1" "$(uname -r)" | sort -VC; }

# What sweeps keep: before 6.0 an iterator takes CAP_BPF (bit 39) where unprivileged BPF is off.
has_sweep=$("$AS_ROOT" features -f json | jq 'select(.feature == "sweep") | any(.ways[]; .status == "chosen")')
own=0 elsewhere=0
[ "$has_sweep" = true ] && elsewhere=$ADMIN
[ "$has_sweep" = true ] && ! is_since 6.0 && [ "$(cat /proc/sys/kernel/unprivileged_bpf_disabled)" != 0 ] && own=8000000000

# with LIST: from here on tcpdwell is run in $netns, as an ordinary user with these capabilities and no others. The
# limit on locked memory stands at 0 and cannot be raised; kernels before 5.11 count BPF against it and need it.
with() {
	local memlock=0
	is_since 5.11 || memlock=unlimited
	cat >"$WORK/with" <<-END
		#!/bin/sh
		exec ip netns exec $netns prlimit --memlock=$memlock:$memlock setpriv --reuid $USER_ID --regid $USER_ID \\
			--clear-groups --inh-caps=-all,$1 --ambient-caps=-all,$1 --bounding-set=-all,$1 $WORK/tcpdwell "\$@"
	END
	chmod 755 "$WORK/with"
	TCPDWELL=$WORK/with
}

# of FIELD: of /proc/PID/status, without leading zeros: how many there are depends on nothing we care for.
of() { sed -n "s/^$1:\s*0*\(.\)/\1/p" "$WORK/status"; }

# gave_up NAME KEPT BOUNDING: what /proc tells of TRACER, once it traces.
gave_up() {
	local name=$1 kept=$2 bounding=$3 got want="4x$USER_ID 4x$USER_ID none"
	wait_for 10 grep -q '^NoNewPrivs:\s*1' "/proc/$TRACER/status"
	cat "/proc/$TRACER/status" >"$WORK/status"
	got="$(of CapPrm) $(of CapEff) $(of CapInh) $(of CapAmb) $(of CapBnd) $(of NoNewPrivs)"
	[ "$got" = "$kept $kept 0 0 $bounding 1" ] &&
		ok privileges "$name: keeps $kept, bounding set $bounding, no-new-privs" ||
		fail privileges "$name: permitted, effective, inheritable, ambient, bounding, no-new-privs are $got," \
			"not $kept $kept 0 0 $bounding 1"
	got="$(four_of Uid) $(four_of Gid) $(sed -n 's/^Groups:\s*//p' "$WORK/status" | grep . || echo none)"
	[ "$got" = "$want" ] && ok privileges "$name: user and group $USER_ID, no others" ||
		fail privileges "$name: users, groups, other groups are $got, not $want"
}

# four_of FIELD: real, effective, saved, of the file system, where all are the same.
four_of() { awk -v field="$1:" '$1 == field { print $2 == $3 && $3 == $4 && $4 == $5 ? "4x" $2 : $0 }' "$WORK/status"; }

# finder_keeps NAME KEPT: the process of TRACER that finds namespaces; it has no file open but the way to TRACER, and
# what it reads of /proc.
finder_keeps() {
	local got
	finder=$(awk '{ print $NF }' "/proc/$TRACER/task/$TRACER/children")
	# It gives things up beside us: it may not have got there yet.
	wait_for 10 grep -q '^NoNewPrivs:\s*1' "/proc/$finder/status"
	cat "/proc/$finder/status" >"$WORK/status" || { fail privileges "$1: no second process"; return; }
	got="$(of CapPrm) $(of CapEff) $(of CapInh) $(of CapAmb) $(of NoNewPrivs) $(four_of Uid) $(four_of Gid) $(readlink "/proc/$finder"/fd/* | grep -v ^/proc | cut -d : -f 1)"
	[ "$got" = "$2 $2 0 0 1 4x$USER_ID 4x$USER_ID socket" ] && ok privileges "$1: who finds namespaces keeps $2" ||
		fail privileges "$1: who finds namespaces: permitted, effective, inheritable, ambient, no-new-privs, users, groups, files are $got"
}

# With what TRACER has left, and not even Landlock (tests/unit/confine.c tries that), these are tried. What succeeds is
# a failure.
nothing_can_be_done_as() {
	local device
	device=$(find /dev -type b -perm 0660 -print -quit)
	cat >"$WORK/try" <<-END
		for path in /etc/tcpdwell-was-here /etc/passwd /usr/tcpdwell-was-here /proc/sys/kernel/panic /dev/mem $device; do
			(: >>"\$path") 2>/dev/null && echo "wrote \$path"
		done
		for path in /etc/shadow /dev/mem /dev/kmem /proc/kcore $device; do
			(read -r _ <"\$path") 2>/dev/null && echo "read \$path"
		done
		kill -0 1 2>/dev/null && echo "could signal process 1"
		exit 0
	END
	setpriv --reuid $USER_ID --regid $USER_ID --clear-groups --no-new-privs --inh-caps="-all,$2" --ambient-caps="-all,$2" \
		bash "$WORK/try" >"$WORK/tried" 2>&1 && [ ! -s "$WORK/tried" ] &&
		ok privileges "$1: nothing in /etc, no device, no process can be touched" || fail privileges "$1: $(cat "$WORK/tried")"
}

# says NAME PATTERN FILE
says() {
	grep -q -- "$2" "$3" && ok privileges "$1: $(grep -m1 -- "$2" "$3")" ||
		fail privileges "$1: '$2' is not in: $(head -c 400 "$3" | tr '\n' ' ')"
}

# ends_well NAME
ends_well() { stop_tracer || fail privileges "$1: ended with $?: $(head -c 400 "$WORK"/out*.err)"; }

# missing NAME LIST PATTERN: refused, with status 1, one error, a hint, and in these words.
missing() {
	local name=$1 status
	with "$2"
	"$TCPDWELL" -d 1 >"$WORK/stdout" 2>"$WORK/stderr"
	status=$?
	[ $status = 1 ] && [ ! -s "$WORK/stdout" ] && [ "$(grep -c '^error: ' "$WORK/stderr")" = 1 ] &&
		grep -q '^hint: run as root' "$WORK/stderr" || fail privileges "$name: status $status"
	says "$name" "$3" "$WORK/stderr"
}

# The two that it takes, and what is not seen without the third.
with +bpf,+perfmon
start_tracer "$WORK/out" || exit 1
gave_up "CAP_BPF and CAP_PERFMON" 0 c000000000
grep -q '^Max locked memory *0 ' "/proc/$TRACER/limits" && ok privileges "RLIMIT_MEMLOCK of 0 cannot be raised: traces" ||
	! is_since 5.11 || fail privileges "RLIMIT_MEMLOCK: $(grep locked "/proc/$TRACER/limits")"
play "$netns" "$WORK/truth" active-close >/dev/null || fail privileges "the traffic did not play"
sleep 0.2
ends_well "CAP_BPF and CAP_PERFMON"
says "CAP_BPF and CAP_PERFMON" 'SYN-SENT *ESTABLISHED' "$WORK/out"
if "$TCPDWELL" features 2>/dev/null | grep -q 'why: kernel addresses are hidden'; then
	# Where fentry or kprobes work it is not missed.
	grep -qE '^# time-wait: (fentry|kprobes)' "$WORK/out" ||
		says "no CAP_SYSLOG" '^TIME-WAIT is only sampled: .*CAP_SYSLOG is missing' "$WORK/out.err"
	"$TCPDWELL" features >"$WORK/features" 2>/dev/null
	says "no CAP_SYSLOG" 'cure: CAP_SYSLOG is missing' "$WORK/features"
else
	skip privileges "no CAP_SYSLOG: this kernel shows addresses to everyone"
fi

# With the third: everything, in the own namespace; others are out of sight, which is said.
with +bpf,+perfmon,+syslog
start_tracer "$WORK/out.json" -f json || exit 1
gave_up "and CAP_SYSLOG" "$own" c400000000
play "$netns" "$WORK/truth" -n 2 active-close half-close silent-move >/dev/null || fail privileges "the traffic did not play"
sleep 1.1
ends_well "and CAP_SYSLOG"
jq -c --argjson inode "$(stat -Lc %i "/run/netns/$netns")" 'select(.event != "transition" or .netns == $inode)' \
	"$WORK/out.json" >"$WORK/own.json"
judge privileges "$WORK/truth" "$WORK/own.json"
[ "$has_sweep" = true ] && says "no CAP_SYS_ADMIN" '^CAP_SYS_ADMIN and CAP_SYS_PTRACE are missing: other network' "$WORK/out.json.err"

# Only what is of use is kept.
with +bpf,+perfmon,+syslog,+sys_ptrace
start_tracer "$WORK/out" && gave_up "CAP_SYS_PTRACE alone" "$own" c400080000 && ends_well "CAP_SYS_PTRACE alone"
with +sys_admin,+syslog
if [ "$has_sweep" = true ] && start_tracer "$WORK/out"; then
	gave_up "CAP_SYS_ADMIN alone" $ADMIN 400200000
	finder_keeps "CAP_SYS_ADMIN alone" 0
	says "CAP_SYS_ADMIN alone" '^CAP_SYS_PTRACE is missing: unnamed network' "$WORK/out.err"
	ends_well "CAP_SYS_ADMIN alone"
fi

missing "no CAP_BPF" +perfmon,+syslog '^error: cannot trace: .*: CAP_BPF is missing'
missing "no CAP_PERFMON" +bpf,+syslog '^error: cannot trace: .*: CAP_PERFMON is missing'
missing "neither" +syslog '^error: cannot trace: .*: CAP_BPF and CAP_PERFMON are missing'
if unshare -U true 2>/dev/null; then
	unshare -Ur "$AS_ROOT" -d 1 >"$WORK/stdout" 2>"$WORK/stderr"
	says "root of a user namespace" '^error: cannot trace: .*: not permitted in a user namespace' "$WORK/stderr"
else
	skip privileges "root of a user namespace: not here"
fi

if [ "$has_sweep" = true ]; then
	with +bpf,+perfmon,+syslog,+sys_admin,+sys_ptrace
	start_tracer "$WORK/out" && gave_up "all five" $ADMIN c400280000 && finder_keeps "all five" $PTRACE && ends_well "all five"
fi

# Root, with what it needs to write where it has no right of its own; then a namespace without a name, of another user's
# process, for which both capabilities that stay are needed. Processes of others are hidden, and so are names.
mkdir "$WORK/names" && touch "$WORK/names/hidden"
cat >"$WORK/hide" <<-END
	#!/bin/sh
	mount --bind /run/netns/$netns $WORK/names/hidden && mount --rbind $WORK/names /run/netns && chmod 700 $WORK/names &&
		mount -t proc -o hidepid=2 proc /proc && exec $AS_ROOT "\$@"
END
printf '#!/bin/sh\nexec unshare -m sh %s "$@"\n' "$WORK/hide" >"$WORK/hidden"
chmod 755 "$WORK/hidden"
TCPDWELL=$WORK/hidden
mkdir "$WORK/theirs" && chown 54321 "$WORK/theirs" && chmod 700 "$WORK/theirs"
mkfifo "$WORK/go"
unshare -n sh -c "ip link set lo up && : >$WORK/up && read _ <$WORK/go &&
	$BUILD/traffic -o $WORK/truth silent-move active-close; : >$WORK/played; exec setpriv --reuid 12345 sleep 60" >/dev/null 2>&1 &
there=$!
on_exit "kill $there 2>/dev/null"
wait_for 10 test -e "$WORK/up"
start_tracer "$WORK/out.json" -v -f json --netns $there -w "$WORK/theirs/recording" || exit 1
gave_up "root" "$elsewhere" 0
[ "$elsewhere" = 0 ] || finder_keeps "root" $PTRACE_AND_SEARCH
[ "$elsewhere" = 0 ] || nothing_can_be_done_as "what root keeps" +sys_admin
[ "$(stat -c %a "$WORK/theirs/recording")" = 600 ] && ok privileges "the recording is for its owner alone" ||
	fail privileges "the recording has mode $(stat -c %a "$WORK/theirs/recording")"
echo >"$WORK/go"
wait_for 20 test -e "$WORK/played" || fail privileges "the traffic did not play"
sleep 1.1
ends_well "root"
# Whether there is Landlock says `features`; that it does what it should says tests/unit/confine.c.
TCPDWELL=$AS_ROOT
landlock=$("$TCPDWELL" features -f csv 2>/dev/null | grep '^files,')
if [[ $landlock = files,landlock,chosen,* ]]; then
	grep '^no Landlock' "$WORK/out.json.err" && fail privileges "root: no Landlock" || ok privileges "root: under Landlock"
else
	says "without Landlock" '^no Landlock: ' "$WORK/out.json.err"
fi
judge privileges "$WORK/truth" "$WORK/out.json"
"$TCPDWELL" -r "$WORK/theirs/recording" -f json | jq -c 'select(.event == "transition")' >"$WORK/replayed"
jq -c 'select(.event == "transition")' "$WORK/out.json" | cmp -s - "$WORK/replayed" && [ -s "$WORK/replayed" ] &&
	ok privileges "root records where others may not write: $(wc -l <"$WORK/replayed") transitions replayed" ||
	fail privileges "the recording is not what was told"

# Nothing is kept for namespaces that nobody asked for.
start_tracer "$WORK/out" --netns /proc/self/ns/net && gave_up "root, own namespace only" "$own" 0 && ends_well "own namespace"

# A look that is repeated gives them up before the first one, and still enters the namespaces of others and knows what
# they are called, though nobody but root may read the names.
cat >"$WORK/case" <<-END
	import socket, sys
	l = socket.create_server(("127.0.0.1", 0))
	c = socket.create_connection(l.getsockname())
	s, _ = l.accept()
	c.close()
	print("ready", flush=True)
	sys.stdin.read()
END
mkfifo "$WORK/end"
ip netns exec "$netns" python3 "$WORK/case" <"$WORK/end" >"$WORK/case.out" 2>&1 &
exec 3>"$WORK/end"
wait_for 10 grep -q ready "$WORK/case.out" || fail privileges "the case did not play: $(cat "$WORK/case.out")"
"$WORK/hidden" stuck --watch -i 300ms -s close-wait -f json >"$WORK/watched" 2>"$WORK/watched.err" &
TRACER=$!
told() { jq -e 'select(.event == "stuck" and .netns_name == "hidden")' "$WORK/watched"; }
if wait_for 10 told; then
	gave_up "stuck --watch" $ADMIN 0
	finder_keeps "stuck --watch" $PTRACE_AND_SEARCH
	ok privileges "stuck --watch: names a namespace that only root can name"
else
	fail privileges "stuck --watch: $(head -c 300 "$WORK/watched.err" "$WORK/watched")"
fi
exec 3>&-
kill -TERM "$TRACER"
wait "$TRACER" || fail privileges "stuck --watch: ended with $?"
wait_for 5 test ! -e "/proc/${finder:-self}" && ok privileges "the second process is gone, too" ||
	fail privileges "the second process, ${finder:-?}, is still there"

# The ready file is made anew: a link in its place leads nowhere, and what is called nearly so stays.
echo untouched >"$WORK/target"
ln -s "$WORK/target" "$WORK/linked"
ln -s "$WORK/target" "$WORK/linked.part"
"$TCPDWELL" -q -d 0.2 --netns "$netns" --ready-file "$WORK/linked" >/dev/null 2>"$WORK/err"
[ "$(cat "$WORK/target")" = untouched ] && [ -f "$WORK/linked" ] && [ ! -L "$WORK/linked" ] && [ -L "$WORK/linked.part" ] &&
	ok privileges "the ready file follows no link" || fail privileges "ready file: $(ls -l "$WORK/linked"* "$WORK/target") $(cat "$WORK/err")"
