#!/bin/bash
# `stuck` from recordings, as an ordinary user: on a terminal, the exit status of --fail, names that anybody may choose.
. "$(dirname "$0")/../lib.sh"
GOLDEN=$TESTS/golden

# on_terminal COLUMNS ARGUMENT...: what a terminal of that width gets.
on_terminal() {
	local columns=$1
	shift
	script -qec "stty cols $columns rows 24; $TCPDWELL $*" /dev/null </dev/null | tr -d '\r'
}

for columns in 80 120; do
	on_terminal $columns stuck -r "$GOLDEN/crowd/in.rec" >"$WORK/out"
	rows=$(grep -c '^CLOSE-WAIT ' "$WORK/out")
	wide=$(awk -v most=$columns '/^(STATE|CLOSE-WAIT)/ && length($0) > most' "$WORK/out" | wc -l)
	if [ "$rows" = 100 ] && [ "$wide" = 0 ] && grep -q '^\.\.\. and 5 more rows' "$WORK/out" &&
		[ "$(grep -cE '^close-wait-(held|leak): ' "$WORK/out")" = 20 ] && grep -q '^\.\.\. and 85 more findings' "$WORK/out"; then
		ok stuck-terminal "$columns columns: 100 rows and 20 findings of 105, none wider"
	else
		fail stuck-terminal "$columns columns: $rows rows, $wide too wide: $(tail -3 "$WORK/out")"
	fi
done
on_terminal 80 stuck -v -r "$GOLDEN/crowd/in.rec" >"$WORK/out"
[ "$(grep -c '^CLOSE-WAIT ' "$WORK/out")" = 105 ] && [ "$(grep -cE '^close-wait-(held|leak): ' "$WORK/out")" = 105 ] &&
	ok stuck-terminal "-v: all 105" || fail stuck-terminal "-v: $(grep -c '^CLOSE-WAIT ' "$WORK/out") of 105"
"$TCPDWELL" stuck -r "$GOLDEN/crowd/in.rec" >"$WORK/out"
[ "$(grep -c '^CLOSE-WAIT ' "$WORK/out")" = 105 ] && ok stuck-pipe "all 105 rows" || fail stuck-pipe "not all rows"

# fails WANTED RECORDING ARGUMENT...
fails() {
	local wanted=$1 recording=$2 status
	shift 2
	"$TCPDWELL" stuck --fail -r "$GOLDEN/$recording/in.rec" "$@" >"$WORK/out" 2>&1
	status=$?
	[ $status = "$wanted" ] && ok stuck-fail "$recording $*: status $status" ||
		fail stuck-fail "$recording $*: status $status, wanted $wanted: $(head -2 "$WORK/out")"
}
fails 4 stuck
fails 0 well
fails 4 stuck --for 1h
fails 0 stuck --for 4h
fails 4 stuck -c nginx
fails 0 stuck -c apache
fails 0 stuck -p 300 -s close-wait
fails 4 well -s time-wait
fails 0 well -s time-wait --for 1m
fails 0 stuck -6 -L 80

jq -es 'map(select(.event == "stuck" and .rule == "close-wait-unread")) | length == 1 and
	.[0].comm == "odd\"name,\\x1b[31" + "m" and (.[0].holders | length) == 3' "$GOLDEN/stuck/stuck.json" >/dev/null &&
	ok stuck-json "a name with a quote, a comma and an escape, with three holders" || fail stuck-json "a name is not what it was"
grep -qF '"odd""name,' "$GOLDEN/stuck/stuck.csv" && ok stuck-csv "the same name in quotes" || fail stuck-csv "a name is not quoted"

"$TCPDWELL" stuck -r "$GOLDEN/basic/in.rec" >"$WORK/out" 2>"$WORK/err"
grep -q 'no sockets' "$WORK/err" && ok stuck-empty "$(head -1 "$WORK/err")" || fail stuck-empty "nothing said of a recording without a census"
head -c 2000 "$GOLDEN/stuck/in.rec" >"$WORK/cut.rec"
"$TCPDWELL" stuck -r "$WORK/cut.rec" >"$WORK/out" 2>"$WORK/err"
status=$?
[ $status = 1 ] && grep -q 'cut' "$WORK/err" && ok stuck-cut "a recording that was cut: status 1, told" ||
	fail stuck-cut "status $status: $(cat "$WORK/err")"
