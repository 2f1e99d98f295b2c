#!/bin/bash
# What a shell expects: ignored signals stay ignored, the first Ctrl-C ends it whatever it waits for, it ends with
# its reader, it leaves nothing behind and follows no link.
. "$(dirname "$0")/../live.sh.inc"
can_trace field-shell || exit 0
cd "$WORK" || exit 1

# A background job ignores SIGINT; what a person starts does not.
PERSON=(env --default-signal=INT "$TCPDWELL")

# start IGNORED... -- ARGUMENT...: in the background and ready, started with these signals ignored.
start() {
	local ignored=()
	while [ "$1" != -- ]; do
		ignored+=("$1")
		shift
	done
	shift
	rm -f ready out
	[[ $1 = stuck ]] || set -- "$@" --ready-file ready
	(
		exec env --default-signal=INT "${ignored[@]/#/--ignore-signal=}" "$TCPDWELL" "$@" >out 2>err
	) &
	TRACER=$!
	if [[ $1 = stuck ]]; then
		wait_for 20 test -s out
	else
		wait_for 20 test -s ready
	fi || fail field-shell "not ready: $*: $(cat err)"
}

# is_ended [SECONDS]: it ends soon, on a loaded machine too (a second is what a person is promised).
is_ended() { wait_for "${1:-5}" sh -c "! kill -0 $TRACER || grep -q '^State:.Z' /proc/$TRACER/status"; }

# ignores SIGNAL WHAT ARGUMENT...: goes on when the signal that was ignored at the start comes, and ends by TERM.
ignores() {
	local signal=$1
	start "$signal" -- "${@:2}"
	kill -"$signal" "$TRACER"
	sleep 0.6
	if ! kill -0 "$TRACER" 2>/dev/null; then
		fail "field-ignored-$signal" "$2: ended by it"
		return
	fi
	[ "$signal" != TERM ] && kill -TERM "$TRACER" || kill -INT "$TRACER"
	is_ended 5 && wait "$TRACER" && ok "field-ignored-$signal" "$2 goes on, and ends well when another asks" ||
		fail "field-ignored-$signal" "$2: not ended by another signal, or status $?"
	kill -KILL "$TRACER" 2>/dev/null
}
ignores HUP hist -d 30
ignores INT trace
ignores TERM stuck --watch
ignores HUP serve 127.0.0.1:0
ignores INT report page.html

# ends_by SIGNAL NAME: TRACER, which has nothing to read or no reader.
ends_by() {
	sleep 0.5
	kill -"$1" "$TRACER"
	is_ended && ok "field-first-$1-$2" "ended soon" || fail "field-first-$1-$2" "still there"
	kill -KILL "$TRACER" 2>/dev/null
	wait "$TRACER" 2>/dev/null
}

# A recording from a pipe: nothing yet, a part of its head, all of it but the end of the pipe.
rec=$TESTS/golden/stuck/in.rec
for size in 0 20 1000 1000000; do
	for command in "stuck -r -" "hist -r -" "trace -r fifo" "report page.html -r -"; do
		rm -f fifo
		mkfifo fifo
		# shellcheck disable=SC2086 # words
		"${PERSON[@]}" $command <>fifo >out 2>err &
		TRACER=$!
		exec {pipe}<>fifo
		head -c $size "$rec" >&"$pipe"
		[ $size = 20 ] && signal=TERM || signal=INT
		ends_by "$signal" "$(tr -dc '[:lower:]' <<<"$command")-$size"
		exec {pipe}>&-
	done
done
# A background job of a script waits for standard input no longer either.
rm -f fifo && mkfifo fifo
for command in "stuck -r -" "hist -r -"; do
	# shellcheck disable=SC2086 # words
	"$TCPDWELL" $command <>fifo >out 2>err &
	TRACER=$!
	ends_by INT "background-${command%% *}"
done
# A FIFO that nobody has opened for writing.
rm -f fifo && mkfifo fifo
"${PERSON[@]}" hist -r fifo >out 2>err &
TRACER=$!
ends_by INT no-writer
# One that nobody reads.
"${PERSON[@]}" trace -w fifo >out 2>err &
TRACER=$!
sleep 2
ends_by INT no-reader
# A reader that takes nothing: of events, of a replay, of a look.
new_netns netns || exit 1
# full_pipe: there is no room in fifo, which PIPE keeps open.
full_pipe() {
	rm -f fifo
	mkfifo fifo
	exec {PIPE}<>fifo
	dd if=/dev/zero of=fifo oflag=nonblock bs=4096 count=1000 2>/dev/null
}
# waits_for_reader NAME: TRACER does, until the first Ctrl-C.
waits_for_reader() {
	sleep 1
	kill -0 "$TRACER" 2>/dev/null || fail "field-first-INT-$1" "has ended already: $(head -1 err)"
	ends_by INT "$1"
	exec {PIPE}>&-
}
for command in "trace -r $TESTS/golden/groups/in.rec --raw -f json" "stuck --watch -i 100ms -s all -f json" "report - -r $rec"; do
	full_pipe
	# shellcheck disable=SC2086 # words
	"${PERSON[@]}" $command >fifo 2>err &
	TRACER=$!
	waits_for_reader "untaken-$(cut -c1-6 <<<"$command" | tr -dc '[:lower:]')"
done
# The same of what is said on standard error: when it starts, of what it was asked for, of what it found.
head -c 1000 "$rec" >half
for command in "report page.html" "serve 127.0.0.1:0" "features -v" "trace -r nowhere" "stuck -r half" "hist -w nowhere/run.rec" "top"; do
	full_pipe
	# shellcheck disable=SC2086 # words
	"${PERSON[@]}" $command >out 2>fifo </dev/null &
	TRACER=$!
	waits_for_reader "unheard-${command%% *}"
done

# Ends with its reader, though nothing happens.
for command in "trace" "hist -f csv" "trace -w run.rec -f json" "stuck --watch -i 30" "report -"; do
	rm -f fifo
	mkfifo fifo
	timeout 1 tail -f /dev/null <fifo &
	# shellcheck disable=SC2086 # words
	"${PERSON[@]}" $command --netns "$netns" >fifo 2>err &
	TRACER=$!
	sleep 1.5
	if is_ended 5 && wait "$TRACER"; then
		ok "field-reader-gone-$(tr -dc '[:lower:]' <<<"$command")" "ends well as its reader does"
	else
		fail "field-reader-gone-$(tr -dc '[:lower:]' <<<"$command")" "still there, or status $?: $(head -2 err)"
	fi
	kill -KILL "$TRACER" 2>/dev/null
done

# What it leaves: SIGQUIT reaches the whole group, as from a terminal.
rm -rf empty && mkdir empty
nothing_is_left() { [ -z "$(find empty -name 'page.html.*')" ]; }
for signal in QUIT KILL INT TERM; do
	rm -f ready out
	(ulimit -c 0; exec setsid "${PERSON[@]}" report empty/page.html --ready-file ready) >out 2>err &
	TRACER=$!
	wait_for 20 test -s ready
	kill -$signal -- -"$TRACER"
	wait "$TRACER"
	# Who removes it may be a second process, in its own time.
	wait_for 5 nothing_is_left
	left=$(find empty -name 'page.html.*')
	[ -z "$left" ] && ok "field-leaves-nothing-$signal" "no temporary file" || fail "field-leaves-nothing-$signal" "$left"
done

# Who talks to whom is for its owner alone.
for mask in 0022 0000 0077; do
	rm -f run.rec
	(umask $mask; exec "$TCPDWELL" -q -d 0.1 -w run.rec) >out 2>err
	mode=$(stat -c %a run.rec)
	[ "$mode" = 600 ] && ok "field-recording-mode-$mask" "0600" || fail "field-recording-mode-$mask" "$mode"
done
(umask 0277; exec "$TCPDWELL" stuck -w mask.rec) >out 2>err
mode=$(stat -c %a mask.rec)
[ "$mode" = 400 ] && ok field-recording-mode-0277 "the umask counts too" || fail field-recording-mode-0277 "$mode"

# A link where the ready file, or what becomes it, is to be: not followed.
for link in ready ready.part; do
	rm -f ready ready.part
	echo mine >precious
	ln -s precious $link
	"$TCPDWELL" -q -d 0.1 --ready-file ready >out 2>err
	if [ "$(cat precious)" = mine ] && [ -f ready ] && [ ! -L ready ]; then
		ok "field-ready-link-$link" "not followed"
	else
		fail "field-ready-link-$link" "$(ls -l ready ready.part precious; cat precious err)"
	fi
done

# Descriptors 0 to 2 closed: the recording is a recording.
for closed in "<&-" ">&-" "<&- >&-" "<&- >&- 2>&-"; do
	rm -f run.rec
	eval '"$TCPDWELL" trace -d 0.3 -w run.rec' "$closed" >out
	"$TCPDWELL" hist -r run.rec >out 2>err && ok "field-closed-${closed//[^0-9<>]/}" "the recording can be read" ||
		fail "field-closed-${closed//[^0-9<>]/}" "$(cat err)"
done

# A limit of files' sizes is an error that is told.
for command in "trace -r $TESTS/golden/groups/in.rec -f json" "report big.html -r $rec"; do
	# shellcheck disable=SC2086 # words
	(ulimit -f 1; exec "$TCPDWELL" $command) >big 2>err
	status=$?
	if [ $status = 1 ] && [ "$(grep -c '^error: .*File too large' err)" = 1 ]; then
		ok "field-file-limit-${command%% *}" "$(head -1 err)"
	else
		fail "field-file-limit-${command%% *}" "status $status: $(cat err)"
	fi
done

# No room, and few descriptors: one error that says so, and nothing half-written.
mkdir small && mount -t tmpfs -o size=64k none small && on_exit "umount $WORK/small"
head -c 65536 /dev/zero 2>/dev/null >small/full
for command in "hist -d 0.1 --ready-file small/ready" "report small/page.html -r $rec" "trace -d 0.1 -w small/run.rec" "stuck -w small/run.rec"; do
	# shellcheck disable=SC2086 # words
	"$TCPDWELL" $command >out 2>err
	status=$?
	rm -f small/run.rec
	if [ $status = 1 ] && [ "$(grep -c '^error: .*No space left on device' err)" = 1 ] && [ "$(ls small)" = full ]; then
		ok "field-no-room-${command%% *}" "$(head -1 err)"
	else
		fail "field-no-room-${command%% *}" "status $status: $(cat err; ls small)"
	fi
done
# Below 6 it does not start.
for n in 6 7 8 9 10 11 12 13; do
	(ulimit -n $n; exec "$TCPDWELL" stuck --netns /proc/self/ns/net) >out 2>err
	status=$?
	if [ $status = 0 ] || { [ $status = 1 ] && [ "$(grep -c '^error: .*too many open files' err)" = 1 ] && grep -q '^hint: .*ulimit -n' err; }; then
		ok "field-descriptors-$n" "status $status: $(head -1 err)"
	else
		fail "field-descriptors-$n" "status $status: $(cat err)"
	fi
done
