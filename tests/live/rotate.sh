#!/bin/bash
# rotate.sh - a recording in segments: no event is lost between two of them, each is understood by itself, older ones go,
# the last one of a run that was killed replays as well; and who makes the files may do nothing else.
. "$(dirname "$0")/live.sh.inc"
can_trace rotate || exit 0
again_if_withheld rotate events
new_netns netns || exit 1
cd "$WORK" || exit 1
shopt -s nullglob

# numbers: of the segments that are there, in order.
numbers() { printf '%s ' r.rec.* | sed -E 's/r\.rec\.0*//g'; }

# ---- nothing is lost ----

# A connection that is there all the time, and does nothing.
start_idle "$netns" 1

start_tracer out.json -f json -w r.rec --rotate 1s --netns "$netns" || exit 1
start_witness rotate events 32768
is_heard=$?
for _ in {1..12}; do
	play "$netns" truth -n 401 churn >traffic.log 2>&1 || fail rotate "the traffic did not play: $(tail -n 2 traffic.log)"
	sleep 0.4
done
play "$netns" truth active-close half-close silent-move late-mini >traffic.log 2>&1 || fail rotate "the traffic did not play: $(tail -n 2 traffic.log)"
[ $is_heard != 0 ] || stop_witness rotate
stop_tracer || fail rotate "tcpdwell ended with $?: $(cat out.json.err)"
segments=(r.rec.*)
# shellcheck disable=SC2034 # of weigh(): what began before its segment has no exact end
MINIS=
[ $is_heard != 0 ] || { balance rotate "${segments[@]}"; withhold; }
[ ${#segments[@]} -gt 2 ] && [[ ${segments[*]} != *part* ]] && ok rotate "${#segments[@]} segments, each whole by its name" ||
	fail rotate "segments: ${segments[*]}"

# told [CONDITION] FILE...: what makes an event one, of each transition.
told() {
	local condition=true
	[[ $1 = *.json ]] || { condition=$1 && shift; }
	jq -c "select(.event == \"transition\" and ($condition)) | [.ts_ns, .socket, .from, .to, .lport, .rport]" "$@" | sort
}
export LC_ALL=C
: >segments.json
for segment in "${segments[@]}"; do
	"$TCPDWELL" -r "$segment" -f json >>segments.json 2>err || fail rotate "$segment: $(cat err)"
done
told out.json >live.told
told segments.json >again.told
# What no event told, a census may have: FIN-WAIT-2 to TIME-WAIT within a mini-socket, an end that the host withheld. Live,
# the one that begins a segment tells it; to the segment that is how things stood when it began.
told '.cause == "unknown" or (.from == "FIN-WAIT-2" and .to == "TIME-WAIT")' out.json >live.by-census
comm -23 live.told again.told >live.only
[ -s live.told ] && [ -z "$(comm -13 live.told again.told)" ] && [ -z "$(comm -23 live.only live.by-census)" ] &&
	ok rotate "$(wc -l <live.told) transitions were told live, and the segments tell the same but for $(wc -l <live.only) that no event told" ||
	fail rotate "live and segments differ: $(diff live.told again.told | head -6 | tr '\n' ' ') of $(wc -l <live.told) and $(wc -l <again.told)"

blind=()
for segment in "${segments[@]}"; do
	n=$("$TCPDWELL" stuck -r "$segment" -s established -f json | jq -s '[.[] | select(.event == "stuck")] | length')
	[ "$n" -ge 2 ] || blind+=("$segment: $n")
done
[ ${#blind[@]} = 0 ] && ok rotate "each segment knows the connection that was there before it" || fail rotate "who is there is not in ${blind[*]}"

# ---- a bound, and a kill ----

rm -f r.rec.*
start_tracer out.json -f json -w r.rec --rotate 64k --keep 3 --netns "$netns" || exit 1
most=0
for _ in {1..400}; do
	[ ! -e r.rec.000005.part ] || break
	play "$netns" truth -n 97 churn >/dev/null 2>&1
	all=(r.rec.*)
	[ ${#all[@]} -le "$most" ] || most=${#all[@]}
	sleep 0.1
done
# Not in the middle of a change from one to the next: for a moment there are two parts, and one segment too many.
is_settled() {
	local parts=(r.rec.*.part)
	all=(r.rec.*)
	[ ${#parts[@]} = 1 ] && [ ${#all[@]} = 3 ]
}
wait_for 10 is_settled
here=$(numbers)
kill -KILL "$TRACER"
wait "$TRACER" 2>/dev/null
all=(r.rec.*)
newest=${all[-1]}
"$TCPDWELL" -r "$newest" >/dev/null 2>err
status=$?
[[ $most = [34] && ${#all[@]} = 3 && $newest = *.part && $status = 1 ]] && one_error incomplete err && "$TCPDWELL" -r "${all[0]}" >/dev/null 2>&1 && "$TCPDWELL" -r "${all[1]}" >/dev/null 2>&1 &&
	ok rotate "--keep 3: $most at most; killed: $here, the last a part: $ERROR" || fail rotate "--keep 3: $most at most; killed: ${all[*]}, status $status $WHY"
last=${newest//[!0-9]/}
"$TCPDWELL" -q -d 0.5 -w r.rec --rotate 1h --keep 3 --netns "$netns" >/dev/null 2>err
all=(r.rec.*)
[ ${#all[@]} = 3 ] && [[ ${all[1]} = "$newest" && ${all[2]} = r.rec.$(printf %06d $((10#$last + 1))) ]] &&
	ok rotate "the next run goes on: ${all[*]}" || fail rotate "the next run: ${all[*]} $(cat err)"
exec {IDLE}>&-

# ---- looks, again and again ----

"$TCPDWELL" stuck --watch -i 300ms -n 12 -w looks.rec --rotate 1s --keep 2 -s listen --netns "$netns" >/dev/null 2>err ||
	fail rotate "stuck --watch ended with $?: $(cat err)"
wrong='' all=(looks.rec.*)
for segment in "${all[@]}"; do
	"$TCPDWELL" stuck -s listen -f json -r "$segment" 2>err | jq -se 'map(.event) | index("census")' >/dev/null || wrong+="$segment $(cat err) "
done
[[ ${#all[@]} = 2 && ${all[*]} != *part* && ${all[1]} != *000002 && ! $wrong ]] && ok rotate "stuck --watch: of ${all[1]##*.0} segments ${#all[@]} are kept, each with a look" ||
	fail rotate "stuck --watch: ${all[*]} $wrong"

# A look that is larger than the limit is one file, and the next look comes when it is due.
start_idle "$netns" 400
begun=$(date +%s%N)
"$TCPDWELL" stuck --watch -i 1s -n 4 -w large.rec --rotate 64k --netns "$netns" >/dev/null 2>err || fail rotate "stuck --watch ended with $?: $(cat err)"
took=$((($(date +%s%N) - begun) / 1000000)) all=(large.rec.*)
[[ ${#all[@]} = 4 && $took -ge 3000 ]] && ok rotate "stuck --watch: ${#all[@]} looks of $(stat -c %s "${all[0]}") bytes in $took ms" ||
	fail rotate "stuck --watch: ${#all[@]} files in $took ms: $(ls -l large.rec.*)"

# ---- who makes the files ----

# Root, in a folder of somebody else's: and even that, who makes the files gave up all but what that takes.
mkdir theirs ours
chown 54321 theirs
chmod 700 theirs
maker_has_what_it_may() {
	got="$(sed -nE 's/^(CapEff|CapPrm|NoNewPrivs):\s*0*(.)/\2/p' "/proc/$maker/status" | tr '\n' ' ')$(readlink /proc/"$maker"/fd/* | sed -E 's/:.*//; s/.*\///; s/[0-9]{6}/N/' | LC_ALL=C sort | tr '\n' ' ')"
	[ "$got" = "$want" ]
}
for folder in ours theirs; do
	start_tracer out -w $folder/r.rec --rotate 1s --netns "$netns" || exit 1
	wait_for 10 test -e $folder/r.rec.000002.part || fail rotate "in $folder: $(ls $folder) $(cat out.err)"
	maker=$(cut -d ' ' -f 1 "/proc/$TRACER/task/$TRACER/children")
	want="$([ $folder = ours ] && echo "0 0 1 ours r.rec.N.part socket" || echo "a a 1 r.rec.N.part socket theirs") "
	# As it changes from one to the next it has both.
	wait_for 5 maker_has_what_it_may
	mine=$(sed -nE 's/^CapEff:\s*0*(.)/\1/p' "/proc/$TRACER/status") uid=$(awk '/^Uid/ { print $2 }' "/proc/$TRACER/status")
	stop_tracer || fail rotate "in $folder: ended with $?: $(cat out.err)"
	[ "$got" = "$want" ] && [ "$uid" != 0 ] && ok rotate "in $folder, who makes the files has capabilities, no-new-privs, files: $got; who traces is $uid and has $mine" ||
		fail rotate "in $folder, who makes the files has $got, not $want; who traces is $uid and has $mine"
	[ "$(stat -c %a,%u $folder/r.rec.000001)" = 600,0 ] && ok rotate "in $folder, each is for who began the run alone" ||
		fail rotate "in $folder: $(stat -c '%n %a %u' $folder/*)"
done

# Where it cannot be, that is told at once.
"$TCPDWELL" -d 0.1 -w nowhere/r.rec --rotate 1s >/dev/null 2>err
status=$?
[ $status = 1 ] && one_error "cannot record to 'nowhere/r.rec': No such file" err && ok rotate "$ERROR" || fail rotate "no folder: status $status $WHY"
