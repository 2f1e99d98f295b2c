#!/bin/bash
# What the host refuses: each a clear error with its remedy, the right exit status, nothing passed off as a result.
. "$(dirname "$0")/live.sh.inc"
can_trace refusals || exit 0
again_if_withheld refusals moves

# expect NAME STATUS PATTERN COMMAND...: the status, one error, a hint, the pattern on stderr, and nothing more.
expect() {
	local name=$1 status=$2 pattern=$3 got
	shift 3
	"$@" >"$WORK/stdout" 2>"$WORK/stderr"
	got=$?
	if [ $got = "$status" ] && [ "$(grep -c '^error: ' "$WORK/stderr")" = 1 ] && grep -q '^hint: ' "$WORK/stderr" &&
		grep -q "$pattern" "$WORK/stderr" && [ ! -s "$WORK/stdout" ]; then
		ok refusals "$name: $(head -1 "$WORK/stderr")"
	else
		fail refusals "$name: status $got, $(tr '\n' ' ' <"$WORK/stderr") stdout: $(head -c 100 "$WORK/stdout")"
	fi
}

# without_caps LIST COMMAND...
without_caps() {
	local caps=$1
	shift
	setpriv --bounding-set "$caps" --inh-caps "$caps" "$@"
}

expect "not root" 1 "root" plainly "$TCPDWELL" -d 1
expect "no CAP_BPF" 1 "CAP_BPF" without_caps -bpf,-sys_admin "$TCPDWELL" -d 1
expect "no BTF" 1 "BTF" unshare -m sh -c "mount -t tmpfs none /sys/kernel/btf && exec $TCPDWELL -d 1"

# A BTF that is well-formed and lacks the tracepoint: that of a small program of ours.
echo 'struct sock { int x; } s; int f(struct sock *p) { return p->x; }' >"$WORK/tiny.c"
clang -target bpf -g -O2 -c "$WORK/tiny.c" -o "$WORK/tiny.o" &&
	llvm-objcopy --dump-section=.BTF="$WORK/tiny.btf" "$WORK/tiny.o"
expect "no tracepoint" 1 "tracepoint" unshare -m sh -c \
	"mount --bind $WORK/tiny.btf /sys/kernel/btf/vmlinux && exec $TCPDWELL -d 1"

# Too little memory is called so, whatever it is that found none. (The sanitizers' builds need terabytes of addresses.)
# shellcheck disable=SC3045 # bash
limited() { (ulimit -v "$1" && shift && exec "$@"); }
if limited 4000000 "$TCPDWELL" --version >/dev/null 2>&1; then
	refused=0 wrong=
	for kilobytes in {16000..30000..1000}; do
		for command in stuck "hist -d 1"; do
			# shellcheck disable=SC2086 # words
			limited "$kilobytes" "$TCPDWELL" $command >"$WORK/stdout" 2>"$WORK/stderr" && continue
			refused=$((refused + 1))
			grep -qi memory "$WORK/stderr" || wrong+="$command in $kilobytes kB: $(tr '\n' ' ' <"$WORK/stderr"); "
		done
	done
	[ -z "$wrong" ] && [ "$refused" -gt 0 ] && ok refusals "too little memory: $refused times, always called so" ||
		fail refusals "too little memory, $refused refused: $wrong"
fi

# Without kernel addresses mini-sockets cannot be told by their timer: forced to that, it is said at once, and no
# empty histogram instead, in any format. By itself another way is found.
if without_caps -syslog head -c 16 /proc/kallsyms | grep -q '^0000000000000000'; then
	without_caps -syslog "$TCPDWELL" --timewait timer -d 0.3 >"$WORK/out" 2>"$WORK/err"
	status=$?
	grep -q '^# time-wait: not visible on this kernel: timer: .*addresses are hidden' "$WORK/out" &&
		grep -A 1 '^TIME-WAIT$' "$WORK/out" | grep -q '^  not visible on this kernel: timer: ' &&
		[ $status = 0 ] && ok refusals "addresses hidden: $(grep '^# time-wait' "$WORK/out")" ||
		fail refusals "addresses hidden: status $status, $(head -3 "$WORK/out" | tr '\n' ' ')"
	without_caps -syslog "$TCPDWELL" --timewait timer -d 0.3 -f json >"$WORK/out" 2>"$WORK/err"
	[ "$(jq -c 'select(.event == "histogram" and .state == "TIME-WAIT") | [.visible, .count]' "$WORK/out")" = '[false,null]' ] &&
		jq 'select(.event == "start" and .timewait_visible == false)' "$WORK/out" | grep -q . &&
		ok refusals "addresses hidden: no false zero in JSON" ||
		fail refusals "addresses hidden, JSON: $(grep TIME-WAIT "$WORK/out")"
	without_caps -syslog "$TCPDWELL" -d 0.3 >"$WORK/out" 2>"$WORK/err"
	status=$?
	grep -qE '^# time-wait: (iter/tcp twice a second|fentry|kprobes)' "$WORK/out" && [ $status = 0 ] &&
		ok refusals "addresses hidden: $(grep '^# time-wait' "$WORK/out")" ||
		fail refusals "addresses hidden: status $status, $(head -3 "$WORK/out" | tr '\n' ' ')"
	without_caps -syslog "$TCPDWELL" features >"$WORK/out" && grep -q 'cure: CAP_SYSLOG is missing' "$WORK/out" &&
		ok refusals "features: $(grep -m1 'why:' "$WORK/out" | xargs)" || fail refusals "features tells no cure"
else
	skip refusals "addresses hidden: this kernel shows them to everyone"
fi

expect "recording cannot be created" 1 "recording" "$TCPDWELL" -d 1 -w /nonexistent/folder/file
expect "ready file cannot be written" 1 "ready file" sh -c "$TCPDWELL -d 1 --ready-file /nonexistent/x >/dev/null"

# A full disk. On output: told, status 1. In a recording: told, and the file never passes for whole.
"$TCPDWELL" -d 0.3 >/dev/full 2>"$WORK/err"
status=$?
[ $status = 1 ] && grep -q '^error: cannot write the output: No space left' "$WORK/err" &&
	ok refusals "output to a full disk: $(head -1 "$WORK/err")" || fail refusals "output to a full disk: $status $(cat "$WORK/err")"
"$TCPDWELL" -d 0.3 -w /dev/full >/dev/null 2>"$WORK/err"
status=$?
[ $status = 1 ] && grep -q '^error: cannot write recording .*No space left' "$WORK/err" &&
	ok refusals "recording to a full disk: $(head -1 "$WORK/err")" || fail refusals "recording to a full disk: $status $(cat "$WORK/err")"

# Killed while recording: the file is cut, and -r says so after showing what there is.
start_tracer "$WORK/out" -w "$WORK/cut.rec" || exit 1
sleep 0.5
kill -KILL "$TRACER"
wait "$TRACER" 2>/dev/null
"$TCPDWELL" -r "$WORK/cut.rec" >"$WORK/out" 2>"$WORK/err"
status=$?
[ $status = 1 ] && grep -q '^error: .*incomplete' "$WORK/err" && ok refusals "killed while recording: $(head -1 "$WORK/err")" ||
	fail refusals "killed while recording: $status $(cat "$WORK/err")"

# A reader that goes away ends it, quietly and soon.
timeout 20 bash -c "set -o pipefail; $TCPDWELL 2>$WORK/err | head -1 >/dev/null & wait \$!" &
pipe=$!
new_netns netns && sleep 1 && play "$netns" "$WORK/truth" -n 5 active-close >/dev/null
wait $pipe
status=$?
[ $status = 0 ] && [ ! -s "$WORK/err" ] && ok refusals "closed pipe: status 0, not a word" ||
	fail refusals "closed pipe: status $status $(cat "$WORK/err")"

# Room for ten connections: the rest is forgotten, counted, told, and no dwell is made up.
start_tracer "$WORK/few.json" -f json --max-connections 10 --netns "$netns" || exit 1
play "$netns" "$WORK/truth" -n 101 churn >/dev/null || fail refusals "the churn did not play"
stop_tracer
evicted=$(jq 'select(.event == "summary") | .evicted' "$WORK/few.json")
kept=$(jq 'select(.event == "summary") | .connections' "$WORK/few.json")
[ "$evicted" -gt 0 ] && [ "$kept" -le 10 ] && ok refusals "--max-connections 10: $evicted forgotten and told, $kept kept" ||
	fail refusals "--max-connections 10: $evicted forgotten, $kept kept"
