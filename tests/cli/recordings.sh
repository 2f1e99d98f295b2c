#!/bin/bash
# recordings.sh - recordings that cannot be read, or only in part: status 1, one error, a remedy, no crash.
. "$(dirname "$0")/../lib.sh"
status=0
REC=$TESTS/golden/basic/in.rec
SIZE=$(stat -c %s "$REC")

# broken NAME PATTERN FILE: refused with one error that matches.
broken() {
	local name=recording-$1 got
	"$TCPDWELL" -r "$3" >"$WORK/out" 2>"$WORK/err" </dev/null
	got=$?
	if [ $got != 1 ]; then
		fail "$name" "status $got, not 1: $(head -c 300 "$WORK/err")"
	elif ! one_error "$2" "$WORK/err"; then
		fail "$name" "$WHY"
	else
		ok "$name" "${ERROR//"$WORK/"/}"
		return
	fi
	status=1
}

# patched FILE OFFSET BYTES: a copy of the recording with bytes (as printf %b writes them) at the offset.
patched() {
	cp "$REC" "$1"
	printf %b "$3" | dd of="$1" bs=1 seek="$2" conv=notrunc status=none
}

broken missing "No such file" "$WORK/missing"
mkdir "$WORK/nothing"
broken folder "no recording is in" "$WORK/nothing"
: >"$WORK/empty"
broken empty "not a tcpdwell recording" "$WORK/empty"
broken text "hint: .*-w FILE" "$TESTS/run.sh"
broken device "not a tcpdwell recording" /dev/null
if ! is_privileged; then
	cp "$REC" "$WORK/secret" && chmod 0 "$WORK/secret"
	broken unreadable "Permission denied" "$WORK/secret"
else
	skip recording-unreadable "root reads everything"
fi
head -c $((SIZE - 1)) "$REC" >"$WORK/cut-1"
broken cut-by-one "incomplete" "$WORK/cut-1"
head -c $((SIZE - 8)) "$REC" >"$WORK/cut-8"
broken cut-end-mark "incomplete" "$WORK/cut-8"
head -c $((SIZE / 2)) "$REC" >"$WORK/cut-half"
broken cut-in-half "hint: " "$WORK/cut-half"
head -c 100 "$REC" >"$WORK/cut-head"
broken cut-in-its-head "incomplete" "$WORK/cut-head"
patched "$WORK/damaged" $((SIZE - 100)) 'XXXX'
broken damaged "hint: " "$WORK/damaged"
patched "$WORK/damaged-head" 40 'XXXX'
broken damaged-head "damaged" "$WORK/damaged-head"
patched "$WORK/version" 8 '\x63'
broken other-version "version 99.*|hint: " "$WORK/version"
patched "$WORK/endian" 8 "$(od -An -tx1 -j8 -N4 "$REC" | awk '{ for (i = 4; i; i--) printf "\\x%s", $i }')"
broken other-byte-order "byte order" "$WORK/endian"

# What came before the cut is shown whole, and where it ends.
"$TCPDWELL" -r "$WORK/cut-8" -f json >"$WORK/cut.json" 2>/dev/null
"$TCPDWELL" -r "$REC" -f json >"$WORK/whole.json"
if cmp -s "$WORK/cut.json" "$WORK/whole.json"; then
	ok recording-cut-shows-what-there-is "$(wc -l <"$WORK/cut.json") lines"
else
	fail recording-cut-shows-what-there-is "$(diff "$WORK/cut.json" "$WORK/whole.json" | head -5)"
	status=1
fi

# A folder of one recording is that recording.
mkdir "$WORK/folder"
cp "$REC" "$WORK/folder/k.000001"
"$TCPDWELL" -r "$WORK/folder" -f json >"$WORK/folder.json" 2>"$WORK/err"
if cmp -s "$WORK/folder.json" "$WORK/whole.json" && [ ! -s "$WORK/err" ]; then
	ok recording-folder "$(wc -l <"$WORK/folder.json") lines, as of the file in it"
else
	fail recording-folder "$(cat "$WORK/err")"
	status=1
fi

# What is left out of it is a loss, and the page says so.
cp "$TESTS/golden/blind/in.rec" "$WORK/folder/later"
"$TCPDWELL" --strict -r "$WORK/folder" >/dev/null 2>"$WORK/err"
got=$?
"$TCPDWELL" report "$WORK/page.html" --strict -q -r "$WORK/folder" 2>"$WORK/err.page"
if [ "$got,$?" = 3,3 ] && grep -q "^error: .*lost (--strict): 1 of 2 " "$WORK/err" && grep -q '"broken":"[^"]*left out' "$WORK/page.html"; then
	ok recording-folder-strict "$(grep ^error "$WORK/err")"
else
	fail recording-folder-strict "$got $(cat "$WORK/err" "$WORK/err.page")"
	status=1
fi
exit $status
