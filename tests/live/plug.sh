#!/bin/bash
# What the host may not give: descriptors that are closed, files, memory, room on a disk, a container with little of all.
# Each command works or says one clear error, never half. tests/cli/plug.sh has what needs no kernel.
# shellcheck disable=SC3045 # bash
. "$(dirname "$0")/serve.sh.inc"
can_trace plug || exit 0
new_netns netns || exit 1
cd "$WORK" || exit 1
mkdir here
shopt -s nullglob

wrong=() n=0
# judged NAME WHAT: the result of all that was looked at since the last call.
judged() {
	[ ${#wrong[@]} = 0 ] && [ $n -gt 0 ] && ok plug "$1: $n command lines, $2" ||
		{ fail plug "$1: ${#wrong[@]} of $n"; printf '    %s\n' "${wrong[@]}" | head -30; }
	wrong=() n=0
}

# one_cure CURE: $WORK/err is one error, with a hint that names this.
one_cure() {
	one_error . err || return 1
	WHY="no cure: $(tr '\n' ' ' <err)"
	grep -qE "^hint: .*($1)" err
}

# whole FILE: a recording that replays, a page, or a ready file with a number.
whole() {
	case $1 in
	*.rec) "$TCPDWELL" -q -r "$1" >/dev/null 2>&1 ;;
	*.html) grep -q '</html>' "$1" ;;
	*) grep -qE '^[0-9]+$' "$1" ;;
	esac
}

# ---- descriptors that are closed at the start ----

# Not a word of ours goes into a file of ours, and what could not be said is no success.
for command in "trace -d 0.1 -w k.rec" "hist -d 0.1 -w k.rec --ready-file ready" "stuck -w k.rec" "report k.html -d 0.1 --ready-file ready"; do
	for closed in 0 1 2 01 02 12 012; do
		(
			cd here && rm -f ./* || exit 99
			exec </dev/null >../out 2>../err
			[[ $closed != *0* ]] || exec 0<&-
			[[ $closed != *1* ]] || exec 1>&-
			[[ $closed != *2* ]] || exec 2>&-
			# shellcheck disable=SC2086 # words
			exec "$TCPDWELL" $command --netns "$netns"
		)
		status=$? want=0
		n=$((n + 1))
		[[ $command = report* || $closed != *1* ]] || want=1
		[ $status = $want ] || wrong+=("$command, closed $closed: status $status")
		[ $want = 0 ] || [[ $closed = *2* ]] || one_error "^error: cannot write the output: standard output is not open" err || wrong+=("$command, closed $closed: $WHY")
		for file in here/*; do
			whole "$file" || wrong+=("$command, closed $closed: $file is not whole")
		done
		[ -e here/k.rec ] || [ -e here/k.html ] || wrong+=("$command, closed $closed: no file")
	done
done
judged "closed descriptors" "each file whole, and an error where output was wanted"

# `serve` says nothing on standard output; it is asked over what closed descriptors might have become.
for closed in 0 1 01 012; do
	n=$((n + 1))
	rm -f here/ready
	(
		exec </dev/null >out 2>err
		[[ $closed != *0* ]] || exec 0<&-
		[[ $closed != *1* ]] || exec 1>&-
		[[ $closed != *2* ]] || exec 2>&-
		exec ip netns exec "$netns" "$TCPDWELL" serve --netns "$netns" --ready-file here/ready
	) &
	pid=$!
	on_exit "kill $pid 2>/dev/null"
	wait_for 20 test -s here/ready
	ip netns exec "$netns" curl -sf http://127.0.0.1:9798/metrics | grep -q '^tcpdwell_connections' || wrong+=("closed $closed: no answer, $(cat err)")
	kill $pid
	wait $pid || wrong+=("closed $closed: status $?")
	whole here/ready || wrong+=("closed $closed: ready file: $(cat here/ready)")
done
judged "serve with closed descriptors" "each answers"

# ---- no room for what is written ----

for size in 0 1; do
	for command in "trace -d 0.1 -w k.rec" "stuck -w k.rec" "report k.html -d 0.1" "hist -d 0.1 --ready-file ready"; do
		rm -f here/*
		# shellcheck disable=SC2086
		(cd here && ulimit -f $size && exec "$TCPDWELL" $command --netns "$netns") 2>&1 >/dev/null | cat >err
		status=${PIPESTATUS[0]}
		n=$((n + 1))
		[ "$status" = 0 ] || { [ "$status" = 1 ] && one_cure "ulimit -f"; } || wrong+=("$command, -f $size: status $status $WHY")
		for file in here/*; do
			[ "$(basename "$file")" = k.rec ] || whole "$file" || wrong+=("$command, -f $size: $file is not whole")
			[ "$status" = 0 ] || ! whole "$file" || wrong+=("$command, -f $size: failed, and $file passes for whole")
		done
	done
done
judged "ulimit -f" "each whole or one error with its cure"

# The disk has room for so much, then for nothing.
for room in 0 1 2 3; do
	for command in "trace -d 0.1 -w k.rec" "stuck -w k.rec" "report k.html -d 0.1" "hist -d 0.1 --ready-file ready"; do
		# shellcheck disable=SC2016,SC2086 # for that shell; words
		unshare -m bash -c 'mount -t tmpfs -o size=16k none here && cd here && head -c $((16384 - 4096 * $1)) /dev/zero >fill &&
			shift && "$@" >/dev/null 2>../err; status=$?; rm -f fill; cp -r . ../kept; exit $status' bash $room \
			"$TCPDWELL" $command --netns "$netns"
		status=$?
		n=$((n + 1))
		[ "$status" = 0 ] || { [ "$status" = 1 ] && one_cure "room on that disk"; } || wrong+=("$command, $room pages: status $status $WHY")
		for file in kept/*; do
			[ "$(basename "$file")" = k.rec ] || whole "$file" || wrong+=("$command, $room pages: $file is not whole")
			[ "$status" = 0 ] || ! whole "$file" || wrong+=("$command, $room pages: failed, and $file passes for whole")
		done
		rm -rf kept
	done
done
judged "a full disk" "each whole or one error with its cure"

# ---- descriptors, and memory ----

# top_under COMMAND...: `top` on a terminal of its own, ended by its key; what it said behind its last screen in err.
top_under() {
	timeout 30 python3 - "$@" >err <<-'END'
	import os, pty, select, sys, time
	pid, fd = pty.fork()
	if not pid:
	    os.environ["TERM"] = "xterm"
	    os.execvp(sys.argv[1], sys.argv[1:])
	begun, told, asked = time.time(), b"", False
	while True:
	    if select.select([fd], [], [], .05)[0]:
	        try:
	            part = os.read(fd, 65536)
	        except OSError:
	            break
	        if not part:
	            break
	        told += part
	    if not asked and (b"sockets in" in told or b"nothing lost" in told):
	        os.write(fd, b"q")
	        asked = True
	status = os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1])
	if status:
	    sys.stdout.write(told.split(b"\x1b[?1049l")[-1].decode(errors="replace").replace("\r", ""))
	sys.exit(status if status >= 0 else 128 - status)
	END
}

# serve_under COMMAND...: `serve`, which has to answer, or to fail before it says that it listens.
serve_under() {
	local pid status
	rm -f here/ready
	ip netns exec "$netns" "$@" --ready-file here/ready >/dev/null 2>err &
	pid=$!
	for _ in {1..500}; do
		grep -q '^listening on ' err && break
		kill -0 $pid 2>/dev/null || break
		sleep 0.02
	done
	if grep -q '^listening on ' err; then
		ip netns exec "$netns" curl -sf --max-time 20 http://127.0.0.1:9798/metrics | grep -q '^tcpdwell_connections' || { kill $pid; wait $pid; WHY="no answer: $(cat err)"; return 99; }
		kill -TERM $pid
	fi
	wait $pid
	status=$?
	[ $status = 0 ] || ! grep -q '^listening on ' err || return 98
	return $status
}

# judge_limit WHAT CURE STATUS: it worked, or one error names this cure.
judge_limit() {
	n=$((n + 1))
	[ "$3" = 0 ] || { [ "$3" = 1 ] && one_cure "$2"; } || { grep -q 'loading shared libraries' err && [ "$3" = 127 ]; } ||
		wrong+=("$1: status $3 $WHY $(tr '\n' ' ' <err)")
	[ "$3" != 0 ] || ! grep -qE '^(error|warning): ' err || wrong+=("$1: status 0 and $(tr '\n' ' ' <err)")
}

worked=
for limit in 5 14 20 24 29 31 34 36 44 64; do
	for command in "trace -d 0.05 -w here/k.rec" "stuck" "report here/k.html -q -d 0.05"; do
		# shellcheck disable=SC2086
		(exec >out 2>err && ulimit -n $limit && exec "$TCPDWELL" $command --netns "$netns")
		status=$?
		judge_limit "$command, -n $limit" "ulimit -n" $status
		[ $status != 0 ] || [ $limit != 64 ] || worked+=" ${command%% *}"
	done
done
for limit in 24 30 34 44 64; do
	top_under bash -c "ulimit -n $limit && exec $TCPDWELL top --netns $netns"
	status=$?
	judge_limit "top, -n $limit" "ulimit -n" $status
	[ $status != 0 ] || [ $limit != 64 ] || worked+=" top"
	serve_under bash -c "ulimit -n $limit && exec $TCPDWELL serve --netns $netns \"\$@\"" bash
	status=$?
	grep -v '^listening on ' err >err2
	mv err2 err
	judge_limit "serve, -n $limit" "ulimit -n" $status
	[ $status != 0 ] || [ $limit != 64 ] || worked+=" serve"
done
judged "ulimit -n 5 to 64" "each works or is one error with its cure; 64 is enough for$worked"

# ---- what was refused is called by its name ----

# A way that works with more descriptors or memory is not said to be something that this kernel lacks.
"$TCPDWELL" features -f csv >want.csv
wrong=() n=0
features_under() {
	local status
	"${@:2}" >out 2>err
	status=$?
	n=$((n + 1))
	grep -q ',' out || { [ $status != 0 ] && [ -s err ]; } || wrong+=("$1: no answer and no word")
	# Chosen there, and here refused for another reason. Causes go with the way of time-wait.
	awk -F, 'NR == FNR { good[$1 "," $2] = $3 ~ /chosen|works|possible/; next } good[$1 "," $2] && $4 && $4 != 24 && $4 != 12 && $1 != "causes"' want.csv out >other
	[ ! -s other ] || wrong+=("$1: $(head -1 other)")
	cmp -s out want.csv || [ $status = 1 ] || wrong+=("$1: other ways, and status $status")
	[ $status != 1 ] || one_cure "ulimit" || wrong+=("$1: $WHY")
}
for limit in 12 14 15 17; do
	features_under "features, -n $limit" bash -c "ulimit -n $limit && exec $TCPDWELL features -f csv"
done
# The sanitizers' builds need terabytes of addresses.
if (ulimit -v 4000000 && exec "$TCPDWELL" --version) >/dev/null 2>&1; then
	for kilobytes in 18000 24000 30000; do
		features_under "features, -v $kilobytes" bash -c "ulimit -v $kilobytes && exec $TCPDWELL features -f csv"
		for command in "trace -d 0.05" "report here/k.html -q -d 0.05" stuck; do
			# shellcheck disable=SC2086
			(ulimit -v $kilobytes && exec "$TCPDWELL" $command --netns "$netns") >out 2>err
			judge_limit "$command, -v $kilobytes" "ulimit -v" $?
		done
		serve_under bash -c "ulimit -v $kilobytes && exec $TCPDWELL serve --netns $netns \"\$@\"" bash
		status=$?
		grep -v '^listening on ' err >err2
		mv err2 err
		judge_limit "serve, -v $kilobytes" "ulimit -v" $status
	done
fi
judged "true reasons" "what fell short is called so, with its cure"

# ---- what a scrape may come to ----

# More names of processes than `serve -b comm` keeps groups: what is answered stays small, and whole.
start_exporter "$netns" -b comm
ip netns exec "$netns" python3 - <<-'END'
	import ctypes, socket
	rename = ctypes.CDLL(None).prctl
	with socket.create_server(("127.0.0.1", 7321)) as listener:
	    for i in range(200):
	        rename(15, b"name-%05d" % i, 0, 0, 0)
	        for who in 0, 1:
	            ends = socket.create_connection(("127.0.0.1", 7321)), listener.accept()[0]
	            ends[who].close()
	            ends[1 - who].recv(1)
	            ends[1 - who].close()
END
sleep 1.2
ip netns exec "$netns" curl -s http://127.0.0.1:9798/metrics >metrics
size=$(stat -c %s metrics)
[ "$size" -lt 2500000 ] && grep -q 'comm="(other)"' metrics && ok plug "200 names: a scrape is $size bytes" || fail plug "200 names: a scrape is $size bytes"
if command -v promtool >/dev/null; then
	promtool check metrics <"$WORK/metrics" >out 2>&1 && ok plug "promtool: nothing to say of it" || fail plug "promtool: $(head -3 out)"
fi
if [ -x "$BUILD/scraper" ]; then
	ip netns exec "$netns" "$BUILD/scraper" 127.0.0.1 9798 4 1 >out 2>&1 && ok plug "$(cat out)" || fail plug "$(cat out)"
	stop_exporter plug
	# Far larger ones, too, if that is asked for.
	start_exporter "$netns" -b remote-port --max-groups 1000
	ip netns exec "$netns" python3 - <<-'END'
		import socket
		for port in range(7400, 7500):
		    with socket.create_server(("127.0.0.1", port)) as listener:
		        for who in 0, 1:
		            ends = socket.create_connection(("127.0.0.1", port)), listener.accept()[0]
		            ends[who].close()
		            ends[1 - who].recv(1)
		            ends[1 - who].close()
	END
	sleep 1.2
	ip netns exec "$netns" "$BUILD/scraper" 127.0.0.1 9798 4 1 >out 2>&1
	status=$?
	awk -v status=$status '{ exit !(status == 0 && $5 / $1 > 4194304) }' out && ok plug "more than 4 MB each: $(cat out)" || fail plug "large answers: $(cat out)"
fi
stop_exporter plug

# ---- a container with little of all ----

# 64 files, one CPU, no cgroups, a root that may not be written to, 64 MB: by a cgroup, or else of addresses. Not with the
# sanitizers, who keep what was freed.
held='' memory=$((64 << 10)) kind='64 MB of addresses'
[[ $BUILD != *-san ]] || memory=unlimited kind=
for cgroup in /sys/fs/cgroup/memory "$(awk '$3 == "cgroup2" { print $2; exit }' /proc/mounts)"; do
	[ -n "$kind" ] || break
	limit=memory.max
	[ ! -e "$cgroup/memory.limit_in_bytes" ] || limit=memory.limit_in_bytes
	mkdir "$cgroup/tcpdwell-plug-$$" 2>/dev/null || continue
	on_exit "rmdir $cgroup/tcpdwell-plug-$$"
	[ -w "$cgroup/tcpdwell-plug-$$/$limit" ] && echo $((64 << 20)) >"$cgroup/tcpdwell-plug-$$/$limit" || continue
	held=$cgroup/tcpdwell-plug-$$/cgroup.procs memory=unlimited kind='64 MB'
	break
done
# contained COMMAND...
contained() {
	# shellcheck disable=SC2016
	unshare -m bash -c '[ -z "$1" ] || echo $$ >"$1"
		! mountpoint -q /sys/fs/cgroup || mount -t tmpfs -o ro none /sys/fs/cgroup
		mount --bind "$2" /mnt && mount -o remount,bind,ro / || exit 97
		cd /mnt && ulimit -n 64 -v "$3" && shift 3 && exec taskset -c 0 "$@"' bash "$held" "$WORK/here" $memory "$@"
}
for command in "trace -d 0.1 -w k.rec" "hist -d 0.1" stuck "report k.html -q -d 0.1" features; do
	# shellcheck disable=SC2086
	contained "$TCPDWELL" $command >out 2>err
	status=$?
	n=$((n + 1))
	[ $status = 0 ] && [ ! -s err ] || { [ $status = 1 ] && one_cure .; } || wrong+=("$command: status $status $(tr '\n' ' ' <err)")
	echo "$command: status $status $(head -1 err)" >>contained.log
done
rm -f here/ready
contained ip netns exec "$netns" "$TCPDWELL" serve 127.0.0.1:9798 --netns "$netns" --ready-file ready >out 2>err &
pid=$!
on_exit '[ ! -s here/ready ] || kill "$(cat here/ready)" 2>/dev/null'
wait_for 20 test -s here/ready
n=$((n + 1))
ip netns exec "$netns" curl -sf http://127.0.0.1:9798/metrics | grep -q '^tcpdwell_connections' || wrong+=("serve: no answer, $(tr '\n' ' ' <err)")
kill "$(cat here/ready)"
wait $pid || wrong+=("serve: status $?")
judged "a container with little" "${kind:+$kind, }64 files, one CPU, no cgroups, read-only: $(grep -c 'status 0' contained.log) of 5 work, serve answers"
