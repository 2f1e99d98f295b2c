#!/bin/bash
# report.sh - the page of `report`: what is in it (golden data from recordings), that nothing is asked from elsewhere,
# that no name can leave its place, and that a file is there whole or as it was before, whatever happens.
#
# `UPDATE=1 tests/cli/report.sh` rewrites tests/golden/NAME/report.json; review the diff.
. "$(dirname "$0")/../lib.sh"
status=0
GOLDEN=$TESTS/golden
REC=$GOLDEN/page/in.rec

bad() {
	fail "$@"
	status=1
}

# data PAGE: the JSON in it; the version of tcpdwell may change.
data() { sed -n 's/^<script type="application\/json" id="data">//p' "$1" | sed 's/<\/script>$//' | jq -S 'del(.head.tcpdwell)'; }

# expect NAME WANTED-STATUS GOT ERRORS: the status, and that many errors in $WORK/err.
expect() {
	local errors
	errors=$(grep -c '^error: ' "$WORK/err")
	if [ "$3" = "$2" ] && [ "$errors" = "$4" ]; then
		ok "$1" "status $3, $4 errors $(head -1 "$WORK/err")"
	else
		bad "$1" "status $3 and $errors errors, not $2 and $4: $(head -c 300 "$WORK/err")"
	fi
}

# nothing_beside NAME FOLDER FILE...: these are all that is in it.
nothing_beside() {
	local name=$1 folder=$2
	shift 2
	if [ "$(ls -A "$folder")" = "$(printf '%s\n' "$@")" ]; then
		ok "$name" "in the folder: ${*:-nothing}"
	else
		bad "$name" "in the folder: $(ls -A "$folder")"
	fi
}

# ---- what is in it ----

for name in accepted backlog basic blind groups idle losses names page partial queued sampled wide; do
	"$TCPDWELL" report "$WORK/page.html" -q -r "$GOLDEN/$name/in.rec" >"$WORK/out" 2>"$WORK/err"
	got=$?
	data "$WORK/page.html" >"$WORK/data.json"
	[ -z "${UPDATE:-}" ] || cp "$WORK/data.json" "$GOLDEN/$name/report.json"
	if [ $got != 0 ] || [ -s "$WORK/out" ] || [ -s "$WORK/err" ]; then
		bad "report-golden-$name" "status $got: $(head -c 200 "$WORK/out" "$WORK/err")"
	elif [ -s "$WORK/data.json" ] && cmp -s "$WORK/data.json" "$GOLDEN/$name/report.json"; then
		ok "report-golden-$name" "$(wc -c <"$WORK/page.html") bytes, $(jq '.moves | length' "$WORK/data.json") kinds of moves"
	else
		bad "report-golden-$name" "$(diff "$GOLDEN/$name/report.json" "$WORK/data.json" | head -12)"
	fi
done

# The same numbers as hist tells.
"$TCPDWELL" hist -r "$GOLDEN/basic/in.rec" -f json -s "$(printf '%s,' syn-sent syn-received established fin-wait-1 \
	fin-wait-2 closing time-wait close-wait)last-ack" | jq -S -c 'select(.event == "histogram") |
	[.state, .count, .p50_ns, .p90_ns, .p99_ns, .max_ns, .mean_ns, .still, (.buckets // [] | flatten)]' | sort >"$WORK/hist"
jq -S -c '.states | to_entries[] | select(.key != "LISTEN" and .key != "accept-wait") | .value + {state: .key} |
	[.state, .count, .p50_ns, .p90_ns, .p99_ns, .max_ns, .mean_ns, .still, .buckets]' "$GOLDEN/basic/report.json" | sort >"$WORK/page"
if [ -s "$WORK/hist" ] && cmp -s "$WORK/hist" "$WORK/page"; then
	ok report-agrees-with-hist "$(wc -l <"$WORK/hist") states, percentiles and buckets"
else
	bad report-agrees-with-hist "$(diff "$WORK/hist" "$WORK/page" | head -6)"
fi

# The same waits for accept().
"$TCPDWELL" hist -r "$GOLDEN/queued/in.rec" -f json -s accept-wait | jq -c 'select(.event == "histogram") |
	[.count, .partial, .p50_ns, .p99_ns, .max_ns, .still, (.buckets // [] | flatten)]' >"$WORK/hist"
jq -c '.states["accept-wait"] | [.count, .partial, .p50_ns, .p99_ns, .max_ns, .still, .buckets]' "$GOLDEN/queued/report.json" >"$WORK/page"
if [ -s "$WORK/hist" ] && cmp -s "$WORK/hist" "$WORK/page"; then
	ok report-agrees-with-hist "accept-wait: $(cut -c 1-60 "$WORK/page")"
else
	bad report-agrees-with-hist "accept-wait: $(diff "$WORK/hist" "$WORK/page")"
fi
# waits ARGUMENT...: what the page has of them, and what is told.
waits() {
	"$TCPDWELL" report "$WORK/waits.html" -q "$@" 2>"$WORK/err"
	data "$WORK/waits.html" | jq -c '[(.states["accept-wait"] | .visible, .wanted, .count, .p50_ns), .queues.why, .queues.waiting]'
	sed -n 's/^warning: //p' "$WORK/err"
}
is_told() { # NAME EXPECTED ARGUMENT...
	local name=$1 expected=$2 got
	shift 2
	got=$(waits "$@")
	[ "$got" = "$expected" ] && ok "report-waits-$name" "$(head -1 <<<"$got")" || bad "report-waits-$name" "$got"
}
QUEUED=$GOLDEN/queued/in.rec
is_told asked '[true,true,4,12000000,null,2]' -r "$QUEUED" -s accept-wait
is_told not-asked '[true,false,0,null,null,2]' -r "$QUEUED" -s close-wait
is_told not-seen '[false,true,0,null,"the recording does not tell of accept()",null]' -r "$GOLDEN/accepted/in.rec"
is_told asked-not-seen '[false,true,0,null,"the recording does not tell of accept()",null]
no accept-wait: the recording does not tell of accept()' -r "$GOLDEN/accepted/in.rec" -s queued
is_told long '[true,true,2,280000000,null,2]' -r "$QUEUED" -m 200ms

"$TCPDWELL" report "$WORK/page.html" -q -r "$REC"
"$TCPDWELL" report "$WORK/plain.html" -q -r "$GOLDEN/basic/in.rec"
if grep -q "Content-Security-Policy\" content=\"default-src 'none'; style-src 'sha256-.*'; script-src 'sha256-" "$WORK/page.html" &&
	! grep -oE '(src|href)="[^"]*"|url\([^)]*\)|@import|https?://[^ "'\'')]*' "$WORK/page.html" |
		grep -vE '^href="(#main|data:[^"]*)"$|^http://www.w3.org/2000/svg$' | grep .; then
	ok report-asks-for-nothing "no address outside of the page, and a policy that forbids it"
else
	bad report-asks-for-nothing "see above"
fi
if [ "$(grep -o '</script>' "$WORK/page.html" | wc -l)" = "$(grep -o '</script>' "$WORK/plain.html" | wc -l)" ] &&
	! grep -qF '<img' "$WORK/page.html" && [ "$(data "$WORK/page.html" | jq -r '.census.findings[0].owner')" = '</script><b>[4711]' ]; then
	ok report-hostile-names "'</script><b>' is text in its place, and nowhere else"
else
	bad report-hostile-names "$(grep -c '</script>' "$WORK/page.html") ends of scripts"
fi
"$TCPDWELL" report "$WORK/narrow.html" -q -r "$REC" -L 80 -c nginx -u 0 -s close-wait -m 1ms
if [ "$(data "$WORK/narrow.html" | jq -c '.head.filters')" = '["--local-port 80","--uid 0","--comm nginx","--state CLOSE-WAIT","--min 1.00ms"]' ]; then
	ok report-filters "$(data "$WORK/narrow.html" | jq -r '.head.filters | join(" ")')"
else
	bad report-filters "$(data "$WORK/narrow.html" | jq -c '.head.filters')"
fi
"$TCPDWELL" report "$WORK/short.html" -q -r "$REC" -d 2
if [ "$(data "$WORK/short.html" | jq '.head.duration_ns < 2000000001 and .census == null')" = true ]; then
	ok report-duration "$(data "$WORK/short.html" | jq .head.duration_ns) ns of it, and no census"
else
	bad report-duration "$(data "$WORK/short.html" | jq -c .head)"
fi

# ---- recordings that are not whole ----

head -c $(($(stat -c %s "$REC") - 8)) "$REC" >"$WORK/cut.rec"
"$TCPDWELL" report "$WORK/cut.html" -q -r "$WORK/cut.rec" 2>"$WORK/err"
expect report-cut 1 $? 1
if data "$WORK/cut.html" | jq -r .head.broken | grep -q 'incomplete'; then
	ok report-cut-says-so "$(data "$WORK/cut.html" | jq -r .head.broken)"
else
	bad report-cut-says-so "$(data "$WORK/cut.html" | jq -c .head)"
fi

# ---- where it goes ----

mkdir "$WORK/to" "$WORK/shut"
printf before >"$WORK/to/page.html"
"$TCPDWELL" report "$WORK/to/page.html" -q -r "$WORK/missing.rec" 2>"$WORK/err"
expect report-no-recording 1 $? 1
[ "$(cat "$WORK/to/page.html")" = before ] && ok report-keeps-what-was "no recording" || bad report-keeps-what-was "no recording: the file changed"
(trap '' XFSZ; ulimit -f 8; exec "$TCPDWELL" report "$WORK/to/page.html" -q -r "$REC" 2>"$WORK/err.full")
got=$?
mv "$WORK/err.full" "$WORK/err"
expect report-disk-full 1 $got 1
[ "$(cat "$WORK/to/page.html")" = before ] && ok report-keeps-what-was "8 kB are all there is room for" || bad report-keeps-what-was "disk full: the file changed"
nothing_beside report-leaves-nothing "$WORK/to" page.html
ln -s page.html "$WORK/to/link.html"
"$TCPDWELL" report "$WORK/to/link.html" -r "$REC" 2>"$WORK/err"
expect report-through-a-link 0 $? 0
if [ -L "$WORK/to/link.html" ] && cmp -s "$WORK/to/page.html" "$WORK/page.html" &&
	[ "$(stat -c %a "$WORK/to/page.html")" = "$(printf %o $((0666 & ~0$(umask))))" ]; then
	ok report-through-a-link "$(cat "$WORK/err")"
else
	bad report-through-a-link "$(ls -l "$WORK/to")"
fi
nothing_beside report-leaves-nothing "$WORK/to" link.html page.html

"$TCPDWELL" report /dev/full -q -r "$REC" 2>"$WORK/err"
expect report-dev-full 1 $? 1
"$TCPDWELL" report "$WORK" -q -r "$REC" 2>"$WORK/err"
expect report-folder 1 $? 1
"$TCPDWELL" report "$WORK/nowhere/page.html" -q -r "$REC" 2>"$WORK/err"
expect report-no-folder 1 $? 1
if is_privileged; then
	skip report-forbidden "root writes everywhere"
else
	chmod 555 "$WORK/shut"
	"$TCPDWELL" report "$WORK/shut/page.html" -q -r "$REC" 2>"$WORK/err"
	expect report-forbidden 1 $? 1
	printf before >"$WORK/to/read-only.html"
	chmod 444 "$WORK/to/read-only.html"
	"$TCPDWELL" report "$WORK/to/read-only.html" -q -r "$REC" 2>"$WORK/err"
	expect report-read-only 1 $? 1
	[ "$(cat "$WORK/to/read-only.html")" = before ] || bad report-read-only "the file changed"
fi
"$TCPDWELL" report - -q -r - <"$REC" >"$WORK/stdout.html" 2>"$WORK/err"
expect report-standard-output 0 $? 0
if cmp -s <(data "$WORK/stdout.html" | jq 'del(.head.recording)') <(data "$WORK/page.html" | jq 'del(.head.recording)'); then
	ok report-standard-output "the same page, from standard input"
else
	bad report-standard-output "differs"
fi
"$TCPDWELL" report - -r "$REC" 2>"$WORK/err" | true
expect report-closed-pipe 0 "${PIPESTATUS[0]}" 0
mkfifo "$WORK/fifo"
cat "$WORK/fifo" >"$WORK/from-fifo.html" &
"$TCPDWELL" report "$WORK/fifo" -q -r "$REC" 2>"$WORK/err"
expect report-fifo 0 $? 0
wait $!
cmp -s "$WORK/from-fifo.html" "$WORK/page.html" && [ -p "$WORK/fifo" ] && ok report-fifo "it is still one" || bad report-fifo "differs"

# ---- the command line, and a long recording ----

refused() { # NAME ARGUMENT...
	local name=$1
	shift
	"$TCPDWELL" report "$@" >"$WORK/out" 2>"$WORK/err" </dev/null
	expect "report-refuses-$name" 2 $? 1
}
refused nothing
refused two-files "$WORK/a.html" "$WORK/b.html" -r "$REC"
refused format "$WORK/a.html" -f json -r "$REC"
refused by "$WORK/a.html" -b comm -r "$REC"
refused interval "$WORK/a.html" -i 1 -r "$REC"
refused write "$WORK/a.html" -w "$WORK/b.rec"
"$TCPDWELL" report "$WORK/strict.html" -q --strict -r "$REC" 2>"$WORK/err"
expect report-strict 3 $? 1
"$TCPDWELL" report "$WORK/strict.html" -q --strict -r "$GOLDEN/basic/in.rec" 2>"$WORK/err"
expect report-strict-nothing-lost 0 $? 0

"$BUILD/fuzz/many" 400000 "$WORK/many.rec"
"$TCPDWELL" report "$WORK/many.html" -v -r "$WORK/many.rec" 2>"$WORK/err"
expect report-many 0 $? 0
if [ "$(stat -c %s "$WORK/many.html")" -lt 2000000 ] && [ "$(data "$WORK/many.html" | jq '[.moves[].count] | add >= 400000')" = true ]; then
	ok report-many "$(data "$WORK/many.html" | jq '[.moves[].count] | add') transitions in $(stat -c %s "$WORK/many.html") bytes"
else
	bad report-many "$(stat -c %s "$WORK/many.html") bytes, $(data "$WORK/many.html" | jq '[.moves[].count] | add') transitions"
fi
# Interrupted half way: a page of what was read, which says so.
mkfifo "$WORK/slow.rec"
"$TCPDWELL" report "$WORK/half.html" -q -r "$WORK/slow.rec" 2>"$WORK/err" &
reader=$!
exec 5>"$WORK/slow.rec"
head -c 20000000 "$WORK/many.rec" >&5
kill -TERM $reader
tail -c +20000001 "$WORK/many.rec" >&5 2>/dev/null
exec 5>&-
wait $reader
expect report-interrupted-reading 1 $? 0
if data "$WORK/half.html" | jq -r .head.broken | grep -q interrupted && grep -q '^warning: interrupted' "$WORK/err"; then
	ok report-interrupted-reading "$(data "$WORK/half.html" | jq '[.moves[].count] | add') transitions"
else
	bad report-interrupted-reading "$(data "$WORK/half.html" | jq -c .head) $(cat "$WORK/err")"
fi
# Slowly enough that there is something to tell, on a terminal.
{ head -c 20000000 "$WORK/many.rec"; sleep 0.3; tail -c +20000001 "$WORK/many.rec"; } |
	script -qec "'$TCPDWELL' report '$WORK/many.html' -r /dev/fd/4" /dev/null 4<&0 </dev/null >"$WORK/tty"
if grep -qE "reading '/dev/fd/4': [0-9]+ (MB|%)" "$WORK/tty" && tr '\r' '\n' <"$WORK/tty" | grep -q 'the report is in'; then
	ok report-progress "$(tr '\r' '\n' <"$WORK/tty" | grep -o 'reading.*' | head -1)"
else
	bad report-progress "$(head -c 300 "$WORK/tty")"
fi
exit $status
