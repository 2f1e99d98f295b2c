#!/bin/bash
# `top` without a kernel: its pictures from recordings, cell by cell; sizes at which nothing fits; many sockets in little
# time; no terminal, and one that is not known. `UPDATE=1 tests/cli/top.sh` rewrites recordings and pictures.
. "$(dirname "$0")/../lib.sh"
FRAMES=$TESTS/golden-frames
export TZ=UTC LC_ALL=C.UTF-8

while read -r name; do
	[ -z "${UPDATE:-}" ] || "$BUILD/fuzz/make_recording" "$name" "$FRAMES/$name.rec"
	"$BUILD/fuzz/make_recording" "$name" "$WORK/in.rec" && cmp -s "$WORK/in.rec" "$FRAMES/$name.rec" &&
		ok "frame-$name-rec" "as make_recording makes it" || fail "frame-$name-rec" "is not what make_recording makes"
done < <(awk '!/^#/ { print $2 }' "$FRAMES/cases" | sort -u)

# too_wide FILE COLS: rows of the picture that are wider than the screen.
too_wide() {
	local line
	while IFS= read -r line && [ "$line" != ---- ]; do
		[ ${#line} -le "$2" ] || echo "$line"
	done <"$1"
}

while read -r name recording rows cols rest; do
	[[ $name = \#* ]] && continue
	options=() keys=()
	for word in $rest; do
		[[ $word = --*=* ]] && options+=("$word") || keys+=("$word")
	done
	"$BUILD/fuzz/frame" "${options[@]}" "$FRAMES/$recording.rec" "$rows" "$cols" "${keys[@]}" >"$WORK/out" 2>"$WORK/err"
	status=$?
	[ -z "${UPDATE:-}" ] || cp "$WORK/out" "$FRAMES/$name.txt"
	if [ $status != 0 ] || [ -s "$WORK/err" ]; then
		fail "frame-$name" "status $status: $(head -c 300 "$WORK/err")"
	elif [ "$(sed '/^----$/,$d' "$WORK/out" | wc -l)" != "$rows" ] || [ -n "$(too_wide "$WORK/out" "$cols")" ]; then
		fail "frame-$name" "is not $rows x $cols"
	elif cmp -s "$WORK/out" "$FRAMES/$name.txt"; then
		ok "frame-$name" "$rows x $cols of $recording $rest"
	else
		fail "frame-$name" "differs"
		diff -u "$FRAMES/$name.txt" "$WORK/out" | sed 's/^/    /' | head -30
	fi
done <"$FRAMES/cases"

# Whatever the size and the keys: cells that are not there are not written. SAN=1 sees it.
rows=0,1,1,80,2,3,4,5,9,15,16,500,24
cols=0,1,80,1,2,5,9,7,23,39,61,200,1
n=0
for keys in "" "?" "? PgDn PgDn" "Enter" "Down Enter End" "f" "f x Enter" "p" "g g" "Down Down PgDn End Home Up PgUp" "a" "a End Up PgUp"; do
	for recording in top-stuck top-odd top-empty top-queues; do
		# shellcheck disable=SC2086
		"$BUILD/fuzz/frame" "$FRAMES/$recording.rec" $rows $cols $keys >"$WORK/out" 2>&1 ||
			fail frame-sizes "$recording, keys '$keys': $(tail -n 3 "$WORK/out" | tr '\n' ' ')"
		n=$((n + $(grep -c '^----$' "$WORK/out")))
	done
done
[ $n = 624 ] && ok frame-sizes "$n pictures, from 0 x 0 to 500 x 200" || fail frame-sizes "$n pictures, not 624"

# What a look at a crowd costs beside the kernel's part: told, not judged.
"$BUILD/fuzz/make_recording" top-crowd "$WORK/crowd.rec" &&
	told=$("$BUILD/fuzz/frame" -t "$WORK/crowd.rec" 24 80) && [[ $told = *" for 1000 lines" ]] &&
	ok frame-crowd "20000 sockets: $told" || fail frame-crowd "$told"

# refused NAME PATTERN COMMAND...: status 1, one error in these words, a hint, nothing on standard output.
refused() {
	local name=$1 pattern=$2 status
	shift 2
	"$@" >"$WORK/stdout" 2>"$WORK/stderr"
	status=$?
	if [ $status = 1 ] && [ ! -s "$WORK/stdout" ] && [ "$(grep -c '^error: ' "$WORK/stderr")" = 1 ] &&
		grep -q "^error: $pattern" "$WORK/stderr" && grep -q '^hint: ' "$WORK/stderr"; then
		ok "top-$name" "$(head -1 "$WORK/stderr")"
	else
		fail "top-$name" "status $status: $(head -c 300 "$WORK/stdout" "$WORK/stderr")"
	fi
}
refused no-terminal "'top' needs a terminal, and standard input is none" "$TCPDWELL" top </dev/null
# script(1) gives a terminal; what is typed at it is nothing.
in_terminal() { script -qefc "$1" /dev/null </dev/null; }
in_terminal "$TCPDWELL top >$WORK/stdout 2>$WORK/stderr" >/dev/null 2>&1
grep -q "^error: 'top' needs a terminal, and standard output is none" "$WORK/stderr" && ok top-no-output "$(head -1 "$WORK/stderr")" ||
	fail top-no-output "$(head -c 300 "$WORK/stderr")"
for term in "" nonsense dumb; do
	TERM=$term in_terminal "$TCPDWELL top 2>$WORK/stderr" >/dev/null 2>&1
	status=$?
	[ $status = 1 ] && grep -q "^error: 'top' cannot draw on this terminal" "$WORK/stderr" && grep -q '^hint: try TERM=' "$WORK/stderr" &&
		ok "top-term-${term:-empty}" "$(head -1 "$WORK/stderr")" ||
		fail "top-term-${term:-empty}" "status $status: $(head -c 300 "$WORK/stderr")"
done
"$TCPDWELL" top -f json >"$WORK/stdout" 2>"$WORK/stderr"
[ $? = 2 ] && grep -q "^error: 'top' does not take -f" "$WORK/stderr" && ok top-usage "$(head -1 "$WORK/stderr")" ||
	fail top-usage "$(head -c 300 "$WORK/stderr")"
