#!/bin/bash
# What a program may be started with, or without: closed descriptors, limits of files, a clock that is far off in what is
# read. Without a kernel; tests/live/plug.sh has the rest. Each command does all of it, or says one error and fails.
# shellcheck disable=SC3045 # bash
. "$(dirname "$0")/../lib.sh"
rec=$TESTS/golden/groups/in.rec
cd "$WORK" || exit 1
mkdir here want
TZ=UTC
export TZ

# ---- descriptors that are closed at the start ----

# Of these the output is wanted; of those standard input is.
prints=("-r $rec" "-r $rec -f json" "hist -r $rec" "stuck -r $rec" "report - -q -r $rec" schema -h -V --list-rules)
reads=("-r -" "hist -r -" "report - -q -r -")

# started CLOSED COMMAND...: with these of its descriptors closed, in ./here, the others being in.rec, out, err.
started() {
	local closed=$1
	shift
	(
		cd here && rm -f ./* || exit 99
		exec <"$rec" >../out 2>../err
		[[ $closed != *0* ]] || exec 0<&-
		[[ $closed != *1* ]] || exec 1>&-
		[[ $closed != *2* ]] || exec 2>&-
		exec "$TCPDWELL" "$@"
	)
}

wrong=() n=0
for command in "${prints[@]}" "${reads[@]}" "report page.html -q -r $rec"; do
	# shellcheck disable=SC2086 # words
	started "" $command && cp out want/out && rm -f want/page.html && { [ ! -e here/page.html ] || cp here/page.html want/; }
	for closed in 0 1 2 01 02 12 012; do
		: >out
		: >err
		# shellcheck disable=SC2086
		started $closed $command
		status=$? lacks=
		[[ $command != *-r\ - || $closed != *0* ]] || lacks=input
		[[ $command = report\ page* || $closed != *1* ]] || lacks=output
		if [ -n "$lacks" ]; then
			[ $status = 1 ] || wrong+=("$command, closed $closed: status $status")
			[[ $closed = *2* ]] || one_error "^error: .*(standard (input|output)|cannot write the output)" err || wrong+=("$command, closed $closed: $WHY")
			[ ! -s out ] || [ "$lacks" = input ] || wrong+=("$command, closed $closed: output")
		else
			[ $status = 0 ] || wrong+=("$command, closed $closed: status $status $(cat err)")
			[[ $closed = *1* ]] || cmp -s out want/out || wrong+=("$command, closed $closed: other output")
		fi
		[ "$(ls here)" = "$([ -n "$lacks" ] || [ ! -e want/page.html ] || echo page.html)" ] || wrong+=("$command, closed $closed: files: $(ls here)")
		[ ! -e here/page.html ] || cmp -s here/page.html want/page.html || wrong+=("$command, closed $closed: another page")
		n=$((n + 1))
	done
done
[ ${#wrong[@]} = 0 ] && ok plug-closed "$n command lines, each whole or an error" ||
	{ fail plug-closed "${#wrong[@]} of $n: ${wrong[0]}"; printf '    %s\n' "${wrong[@]}" | head -30; }

# Open, but for the other direction.
"$TCPDWELL" -r "$rec" 1</dev/null 2>err
[ $? = 1 ] && one_error "^error: cannot write the output: standard output is not open for writing" err &&
	ok plug-readable-output "$ERROR" || fail plug-readable-output "$WHY $(cat err)"
"$TCPDWELL" -r - 0>/dev/null >out 2>err
[ $? = 1 ] && one_error "^error: cannot read the recording: standard input is not open for reading" err &&
	ok plug-writable-input "$ERROR" || fail plug-writable-input "$WHY $(cat err)"

# ---- limits of files ----

wrong=() n=0
for size in 0 1 8; do
	for command in "-r $rec -f json" "-r $rec" "report page.html -q -r $rec" "report - -q -r $rec" schema; do
		echo before >page.html
		# shellcheck disable=SC2086
		(ulimit -f $size && exec "$TCPDWELL" $command) 2>&1 >out | cat >err
		status=${PIPESTATUS[0]}
		n=$((n + 1))
		if [ "$status" != 1 ]; then
			[ "$status" = 0 ] && [ $((size * 1024)) -ge "$(stat -c %s out)" ] || wrong+=("$command, -f $size: status $status")
		elif ! one_error "File too large" err || ! grep -q '^hint: .*ulimit -f' err; then
			wrong+=("$command, -f $size: $WHY $(cat err)")
		elif [[ $command = *page.html* ]] && { [ "$(cat page.html)" != before ] || [ "$(echo page.html*)" != page.html ]; }; then
			wrong+=("$command, -f $size: $(ls page.html*)")
		fi
	done
done
[ ${#wrong[@]} = 0 ] && ok plug-file-size "$n command lines, each whole or one error with its cure" ||
	{ fail plug-file-size "${#wrong[@]} of $n"; printf '    %s\n' "${wrong[@]}"; }

wrong=() n=0
"$TCPDWELL" -r "$rec" >want/out
for limit in {4..12} 16 24 64; do
	for command in "-r $rec" "report page.html -q -r $rec"; do
		rm -f page.html
		# shellcheck disable=SC2086
		(exec >out 2>err && ulimit -n $limit && exec "$TCPDWELL" $command)
		status=$?
		n=$((n + 1))
		if [ $status = 0 ]; then
			[[ $command = report* ]] && { grep -q '</html>' page.html || wrong+=("$command, -n $limit: no page"); }
			[[ $command = report* ]] || cmp -s out want/out || wrong+=("$command, -n $limit: other output")
		elif grep -q 'error while loading shared libraries' err; then
			: # before we are
		elif [ $status != 1 ] || ! one_error '[Tt]oo many open files' err || ! grep -q '^hint: .*ulimit -n' err; then
			wrong+=("$command, -n $limit: status $status $WHY $(cat err)")
		fi
	done
done
[ ${#wrong[@]} = 0 ] && ok plug-descriptors "$n command lines, each whole or one error with its cure" ||
	{ fail plug-descriptors "${#wrong[@]} of $n"; printf '    %s\n' "${wrong[@]}"; }

# ---- a time stamp that is far off ----

# far SECONDS: the second half of the records so much later, in far.rec.
far() {
	python3 - "$TESTS/golden/basic/in.rec" "$1" <<-'END' >far.rec
	import struct, sys, zlib
	data, jump = open(sys.argv[1], "rb").read(), int(float(sys.argv[2]) * 1e9)
	at = 20 + struct.unpack_from("<I", data, 12)[0]
	sys.stdout.buffer.write(data[:at])
	records = []
	while True:
	    size, _ = struct.unpack_from("<II", data, at)
	    frame, at = data[at + 8:at + 8 + size], at + 8 + size
	    if not size:
	        break
	    while frame:
	        size = struct.unpack_from("<H", frame, 14)[0]
	        records.append(bytearray(frame[:size]))
	        frame = frame[size:]
	for record in records[len(records) // 2:]:
	    struct.pack_into("<Q", record, 0, struct.unpack_from("<Q", record)[0] + jump)
	frame = b"".join(records)
	sys.stdout.buffer.write(struct.pack("<II", len(frame), zlib.crc32(frame)) + frame + struct.pack("<II", 0, 0x454e4421))
	END
}

# intervals FORMAT: how many are told, each by its begin.
intervals() {
	timeout 30 "$TCPDWELL" hist -i 100ms -r far.rec -f "$1" >out 2>err
	case $1 in
	text) grep -c '^--- [^w]' out ;;
	json) grep '"event":"histogram"' out | grep -o '"begin_ns":"[0-9]*"' | sort -u | wc -l ;;
	csv) cut -d , -f "$(head -1 out | tr , '\n' | grep -nx begin_ns | cut -d : -f 1)" out | grep '^[0-9]' | sort -u | wc -l ;;
	esac
}
for format in text json csv; do
	far 0
	near=$(intervals $format) told=
	for jump in 2 60 99 100.5 200 86400 2000000 900000000; do
		far $jump
		told+=" $(intervals $format)"
	done
	# One for the stretch, one more where it is no multiple of an interval.
	[ "$near" -gt 0 ] && [ "$(tr ' ' '\n' <<<"$told" | awk -v near="$near" 'NF && ($1 < near || $1 > near + 2)')" = "" ] &&
		ok "plug-far-$format" "$near intervals, and with an empty stretch of 2 s to 28 years$told" ||
		fail "plug-far-$format" "$near intervals, and with an empty stretch:$told"
done
