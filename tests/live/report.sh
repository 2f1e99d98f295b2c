#!/bin/bash
# report.sh - the page of a run: the numbers of the traffic that was played, what is stuck at its end; written where
# only the privileges that are given up meanwhile could write; Ctrl-C ends it well, and being killed leaves nothing.
. "$(dirname "$0")/live.sh.inc"
can_trace report || exit 0
again_if_withheld report moves
CONNECTIONS=41

data() { sed -n 's/^<script type="application\/json" id="data">//p' "$1" | sed 's/<\/script>$//'; }
moves() { data "$1" | jq -r --arg from "$2" --arg to "$3" '[.moves[] | select(.from == $from and .to == $to) | .count] | add // 0'; }

new_netns netns || { fail report "no network namespace"; exit 1; }
# In another's home: once the privileges are given up, we may not write here.
mkdir -m 700 "$WORK/home"
chown 54321:54321 "$WORK/home"
page=$WORK/home/page.html
printf before >"$page"

start_tracer "$WORK/out" report "$page" --netns "$netns" --patience 1s || exit 1
# The process that will put the page in its place has become the owner of that place, and can nothing else.
read -ra children <"/proc/$TRACER/task/$TRACER/children"
holds() { sed -nE 's/^(Uid|Gid|Groups|CapPrm|CapBnd|NoNewPrivs):\s*//p' "/proc/$1/status" | tr '\t\n' '  ' | xargs; }
# It does so beside us: it may not have got there yet.
wait_for 10 grep -q '^NoNewPrivs:\s*1' "/proc/${children[0]}/status"
got=$(holds "${children[0]}")
[[ $got =~ ^"54321 54321 54321 54321 54321 54321 54321 54321 0000000000000000 "[0-9a-f]*" 1"$ ]] &&
	ok report-keeper "has the user of the folder, no capability, no-new-privs" || fail report-keeper "holds $got"
play "$netns" "$WORK/truth" -n $CONNECTIONS -p 7100 churn >"$WORK/traffic.log" 2>&1 || fail report "the traffic did not play: $(cat "$WORK/traffic.log")"
play "$netns" "$WORK/truth" -n 5 -w 60 -p 7200 leak >"$WORK/leak.log" 2>&1 &
# Until all five have leaked for long enough.
leaks() { "$TCPDWELL" stuck --netns "$netns" --patience 1s -f json | jq -s '[.[] | select(.event == "stuck" and .rule == "close-wait-leak")] | length'; }
all_leak() { [ "$(leaks)" = 5 ]; }
wait_for 30 all_leak
[ "$(cat "$page")" = before ] && ok report-until-then "what was there before is there" || fail report-until-then "the file changed before the end"
stop_tracer
status=$?
if [ $status = 0 ] && data "$page" | jq -e . >/dev/null 2>&1; then
	ok report-interrupted "status 0, $(stat -c %s "$page") bytes in another's home"
else
	fail report-interrupted "status $status, $(cat "$WORK/out.err"); $(ls -la "$WORK/home")"
	exit 1
fi
[ "$(ls -A "$WORK/home")" = page.html ] && ok report-leaves-nothing "one file" || fail report-leaves-nothing "$(ls -A "$WORK/home")"

# Both ends are traced; the leak's are more of the same.
for move in "SYN-SENT ESTABLISHED" "ESTABLISHED FIN-WAIT-1" "ESTABLISHED CLOSE-WAIT"; do
	# shellcheck disable=SC2086
	n=$(moves "$page" $move)
	[ "$n" -ge $CONNECTIONS ] && ok report-moves "${move/ / to }: $n of at least $CONNECTIONS" || fail report-moves "${move/ / to }: $n of at least $CONNECTIONS"
done
told=$(data "$page" | jq -c '[.head.host, .head.recording, (.head.lost | del(.skipped)), .states["CLOSE-WAIT"].still, .census.whole,
	([.census.findings[] | select(.rule == "close-wait-leak") | .count] | add)]')
if [ "$told" = "[\"$(uname -n)\",null,{},5,true,5]" ]; then
	ok report-stuck "5 leaked, in the model and in the census; nothing lost"
else
	fail report-stuck "host, recording, losses, still, census, leaks: $told"
fi

# -d, and the same as a recording of the same time would tell: a run of nothing.
"$TCPDWELL" report "$WORK/short.html" -q -d 0.3 --netns "$netns" 2>"$WORK/err"
status=$?
if [ $status = 0 ] && [ ! -s "$WORK/err" ] && [ "$(data "$WORK/short.html" | jq '.head.duration_ns > 3e8 and .head.duration_ns < 1e10')" = true ]; then
	ok report-duration "$(data "$WORK/short.html" | jq .head.duration_ns) ns"
else
	fail report-duration "status $status: $(head -c 300 "$WORK/err")"
fi

# Killed: as before, and nothing beside.
cp "$page" "$WORK/copy.html"
start_tracer "$WORK/out" report "$page" --netns "$netns" --patience 1s || exit 1
kill -KILL "$TRACER"
wait "$TRACER" 2>/dev/null
one_file() { [ "$(ls -A "$WORK/home")" = page.html ]; }
if wait_for 10 one_file && cmp -s "$page" "$WORK/copy.html"; then
	ok report-killed "the page of before, and nothing beside"
else
	fail report-killed "$(ls -la "$WORK/home")"
fi
# Where even the owner of the folder may not write, root may.
chmod 500 "$WORK/home"
"$TCPDWELL" report "$page" -q -d 0.3 --netns "$netns" 2>"$WORK/err" && ! cmp -s "$page" "$WORK/copy.html" &&
	ok report-no-right "a page in a folder of mode 500" || fail report-no-right "status $?: $(head -c 300 "$WORK/err")"

# A place where nothing can be written is told before the run, not after.
"$TCPDWELL" report "$WORK/nowhere/page.html" -d 1000 >"$WORK/out" 2>"$WORK/err"
status=$?
[ $status = 1 ] && grep -q 'No such file' "$WORK/err" && ok report-nowhere "$(head -1 "$WORK/err")" || fail report-nowhere "status $status"
ip netns pids "$netns" | xargs -r kill
wait
