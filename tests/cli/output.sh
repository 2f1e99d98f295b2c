#!/bin/bash
# output.sh - where the output goes: closed pipes are fine, full disks are not, and talk is not results.
. "$(dirname "$0")/../lib.sh"
status=0
REC=$TESTS/golden/basic/in.rec

# expect NAME WANTED-STATUS GOT ERRORS: the status, and that many lines of error in $WORK/err.
expect() {
	local errors
	errors=$(grep -c '^error: ' "$WORK/err")
	if [ "$3" != "$2" ]; then
		fail "$1" "status $3, not $2: $(head -c 300 "$WORK/err")"
	elif [ "$errors" != "$4" ]; then
		fail "$1" "$errors errors, not $4: $(head -c 300 "$WORK/err")"
	else
		ok "$1" "status $3, ${4} errors $(head -1 "$WORK/err")"
		return
	fi
	status=1
}

for format in text json csv; do
	"$TCPDWELL" -r "$REC" -f $format 2>"$WORK/err" | true
	expect output-closed-pipe-$format 0 "${PIPESTATUS[0]}" 0
	"$TCPDWELL" -r "$TESTS/golden/groups/in.rec" -f $format 2>"$WORK/err" | head -1 >"$WORK/out"
	expect output-closed-early-$format 0 "${PIPESTATUS[0]}" 0
	"$TCPDWELL" -r "$REC" -f $format >/dev/full 2>"$WORK/err"
	expect output-full-disk-$format 1 $? 1
	"$TCPDWELL" -r "$TESTS/golden/groups/in.rec" -f $format >/dev/full 2>"$WORK/err"
	expect output-full-disk-large-$format 1 $? 1
done
"$TCPDWELL" hist -r "$REC" >/dev/full 2>"$WORK/err"
expect output-full-disk-hist 1 $? 1
"$TCPDWELL" -h >/dev/full 2>"$WORK/err"
expect output-full-disk-help 1 $? 1
"$TCPDWELL" -V >/dev/full 2>"$WORK/err"
expect output-full-disk-version 1 $? 1

# A closed stdout: an error or a quiet end, never a crash; and never the recording in its place.
"$TCPDWELL" -r "$REC" >&- 2>"$WORK/err"
got=$?
if [ $got = 0 ] || { [ $got = 1 ] && [ "$(grep -c '^error: ' "$WORK/err")" = 1 ]; }; then
	ok output-closed-stdout "status $got $(head -1 "$WORK/err")"
else
	fail output-closed-stdout "status $got: $(head -c 300 "$WORK/err")"
	status=1
fi
# With stderr closed too, what is said must not end in a file that was opened since.
cp "$REC" "$WORK/copy.rec"
"$TCPDWELL" -r "$WORK/copy.rec" >&- 2>&-
got=$?
if [ $got -le 1 ] && cmp -s "$REC" "$WORK/copy.rec"; then
	ok output-all-closed "status $got, the recording is as before"
else
	fail output-all-closed "status $got, or the recording changed"
	status=1
fi

"$TCPDWELL" -r "$REC" -q >"$WORK/out" 2>"$WORK/err"
expect output-quiet 0 $? 0
if [ ! -s "$WORK/err" ] && [ -s "$WORK/out" ] && ! grep -q '^#' "$WORK/out"; then
	ok output-quiet-says-nothing "no header, nothing on stderr, $(wc -l <"$WORK/out") lines"
else
	fail output-quiet-says-nothing "$(head -3 "$WORK/out" "$WORK/err")"
	status=1
fi

"$TCPDWELL" -h >"$WORK/out" 2>"$WORK/err"
expect output-help 0 $? 0
"$TCPDWELL" --list-options >"$WORK/list" 2>"$WORK/err"
expect output-list-options 0 $? 0
missing=
while read -r line; do
	option=$(grep -oE -- '--[a-z0-9-]+' <<<"$line" | head -1)
	grep -qE -- "$option([ ,]|\$)" "$WORK/out" || missing+=" $option"
done < <(grep '^-' "$WORK/list")
if [ -z "$missing" ] && [ -s "$WORK/list" ]; then
	ok output-help-lists-all "$(grep -c '^-' "$WORK/list") options"
else
	fail output-help-lists-all "missing:$missing"
	status=1
fi
"$TCPDWELL" -V >"$WORK/out" 2>"$WORK/err"
expect output-version 0 $? 0
if grep -qxE 'tcpdwell [0-9]+\.[0-9]+\.[0-9]+' "$WORK/out"; then
	ok output-version-text "$(cat "$WORK/out")"
else
	fail output-version-text "$(cat "$WORK/out")"
	status=1
fi
"$TCPDWELL" frobnicate -h >"$WORK/out" 2>"$WORK/err"
expect output-help-after-nonsense 2 $? 1

# Losses and --strict.
"$TCPDWELL" -r "$TESTS/golden/losses/in.rec" --strict >"$WORK/out" 2>"$WORK/err"
expect output-strict-with-losses 3 $? 1
"$TCPDWELL" -r "$TESTS/golden/losses/in.rec" >"$WORK/out" 2>"$WORK/err"
expect output-losses-without-strict 0 $? 0
"$TCPDWELL" -r "$REC" --strict >"$WORK/out" 2>"$WORK/err"
expect output-strict-without-losses 0 $? 0
"$TCPDWELL" -r "$REC" --strict --max-connections 1 >"$WORK/out" 2>"$WORK/err"
expect output-strict-with-evictions 3 $? 1

# The same on standard input.
"$TCPDWELL" -r - <"$REC" >"$WORK/piped" 2>"$WORK/err"
expect output-from-stdin 0 $? 0
"$TCPDWELL" -r "$REC" >"$WORK/out"
if cmp -s "$WORK/piped" "$WORK/out"; then
	ok output-from-stdin-is-the-same "$(wc -l <"$WORK/out") lines"
else
	fail output-from-stdin-is-the-same "differs"
	status=1
fi

# Without root there is no tracing, and it says what to do; what was to be recorded is not there half.
if is_privileged; then
	skip output-not-root "this is root"
else
	"$TCPDWELL" -d 0.1 -w "$WORK/live.rec" >"$WORK/out" 2>"$WORK/err"
	expect output-not-root 1 $? 1
	if [ ! -s "$WORK/out" ] && [ ! -e "$WORK/live.rec" ] && grep -qE '^hint: .*(root|CAP_)' "$WORK/err"; then
		ok output-not-root-hint "$(grep '^hint' "$WORK/err" | head -1)"
	else
		fail output-not-root-hint "$(head -c 300 "$WORK/err"); stdout: $(head -c 100 "$WORK/out")"
		status=1
	fi
fi

# To the journal each line has a priority; not to a file that has come in its place.
: >"$WORK/err"
stream=$(stat -c %d:%i "$WORK/err")
JOURNAL_STREAM=$stream "$TCPDWELL" -r "$WORK/none" 2>"$WORK/err"
JOURNAL_STREAM=1:1 "$TCPDWELL" -r "$WORK/none" 2>"$WORK/err.file"
if grep -q '^<3>error: ' "$WORK/err" && grep -q '^<6>hint: ' "$WORK/err" && cmp -s <(sed 's/^<.>//' "$WORK/err") "$WORK/err.file"; then
	ok output-journal "$(head -1 "$WORK/err")"
else
	fail output-journal "$(cat "$WORK/err" "$WORK/err.file")"
	status=1
fi

# Its second interval begins before midnight and ends after it.
TZ=XXX-07:59:58 "$TCPDWELL" hist -r "$REC" -i 1s 2>/dev/null | sed -n 's/^--- \(.*\) ---$/\1/p' >"$WORK/out"
if grep -q '^23:59:58.000 to 23:59:59.000$' "$WORK/out" && grep -q '^[0-9-]\{10\} 23:59:59.000 to [0-9-]\{10\} 00:00:00.000$' "$WORK/out"; then
	ok output-midnight "$(sed -n 2p "$WORK/out")"
else
	fail output-midnight "$(tr '\n' ' ' <"$WORK/out")"
	status=1
fi
exit $status
