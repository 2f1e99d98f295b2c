#!/bin/bash
# kills.sh - recordings that end before their time: kill -9 at random moments, disks that fill at random sizes, all under
# traffic. Each replays up to its last whole block and says in one sentence what of the rest is left out; what it replays
# is what was told live. Of a recording in segments each file replays, and all but the newest are whole. KILLS and DISKS are
# how many; `make kills` has many.
. "$(dirname "$0")/live.sh.inc"
can_trace kills || exit 0
KILLS=${KILLS:-20} DISKS=${DISKS:-10}
new_netns netns || exit 1
cd "$WORK" || exit 1
SEED=${SEED:-$$}
RANDOM=$SEED
note kills "SEED=$SEED"

# Without an end; it goes with its namespace's test.
(while sleep 0.1; do play "$netns" truth -n 31 churn; done) >/dev/null 2>&1 &
traffic=$!
on_exit "kill $traffic 2>/dev/null; wait $traffic 2>/dev/null"

transitions() { grep -a '^{"event":"transition".*}$' "$1"; }

# replays REC: it does, to its end or up to where one error says that it does not go on. What it shows is in again.json.
replays() {
	local status
	"$TCPDWELL" -r "$1" -f json >again.json 2>err
	status=$?
	[ $status != 0 ] || { [ ! -s err ] && return; }
	WHY="status $status: $(head -c 300 err)"
	[ $status = 1 ] && one_error '^error: .* (is incomplete: (it has no end mark|the last [0-9]+ of [0-9]+ bytes are part of a block|it ends in its head)|it is empty)' err
}

# all_replay: each segment in ./ring does, and what is not called a part is whole.
all_replay() {
	local file parts=0 files=(ring/*)
	for file in "${files[@]}"; do
		replays "$file" || { WHY="$file: $WHY"; return 1; }
		WHY="$file is not whole: $(head -c 200 err)"
		[[ $file = *.part ]] && parts=$((parts + 1)) || { [ ! -s err ] || return 1; }
		SEGMENTS=$((SEGMENTS + 1))
	done
	# The one that is written to, and, for a moment, the one before it.
	WHY="${files[*]}"
	[ $parts -le 2 ] && [ ${#files[@]} -le 4 ]
}

# agrees: as far as both go, what was told live is what is replayed.
agrees() {
	local live again n
	transitions out.json >live.told
	transitions again.json >again.told
	live=$(wc -l <live.told) again=$(wc -l <again.told)
	n=$((live < again ? live : again))
	TOLD=$((TOLD + again))
	WHY="of $live transitions that were told and $again that are replayed, the first $n are not the same"
	cmp -s <(head -n $n live.told) <(head -n $n again.told)
}

wrong=() TOLD=0 none=0
declare -A said=()
# is_ready PID: it records, or it is over.
is_ready() { [ -s ready ] || ! kill -0 "$1"; }
# Every other one may be killed before it records: how long that takes depends on who else wants to run.
for ((i = 0; i < KILLS; i++)); do
	rm -f k.rec out.json ready
	"$TCPDWELL" -f json -w k.rec --ready-file ready --netns "$netns" >out.json 2>/dev/null &
	pid=$!
	[ $((i % 2)) = 0 ] || wait_for 20 is_ready $pid
	sleep "$((RANDOM % 2)).$(printf %03d $((RANDOM % 1000)))"
	kill -KILL $pid
	wait $pid 2>/dev/null
	[ -e k.rec ] || { none=$((none + 1)); continue; }
	replays k.rec && agrees || wrong+=("kill $i: $WHY")
	what=$(sed -nE 's/.*(no end mark|part of a block|in its head|is empty).*/\1/p; q' err)
	said[$what]=$((${said[$what]-0} + 1))
done
told=
for what in "${!said[@]}"; do
	told+=", ${said[$what]} '$what'"
done
[ ${#wrong[@]} = 0 ] && [ $TOLD -gt 0 ] && ok kills "$KILLS kills, $none before the recording began$told; $TOLD transitions replayed" ||
	{ fail kills "${#wrong[@]} of $KILLS; $TOLD transitions replayed"; printf '    %s\n' "${wrong[@]}" | head -20; }

wrong=() TOLD=0 full=0
for ((i = 0; i < DISKS; i++)); do
	rm -rf there out.json
	mkdir there
	kb=$((i ? 4 * (1 + RANDOM % 1500) : 64))
	# The first one until it is full.
	[ $i = 0 ] && seconds=60 || seconds=0.7
	# shellcheck disable=SC2016 # for that shell
	unshare -m bash -c 'mount -t tmpfs -o size=$1k none there && shift && "$@" >out.json 2>err; status=$?; cp there/k.rec k.rec; exit $status' \
		bash $kb "$TCPDWELL" -f json -d "$seconds" -w there/k.rec --netns "$netns"
	status=$?
	if [ $status != 0 ]; then
		full=$((full + 1))
		[ $status = 1 ] && one_error '^error: cannot write recording .*No space left' err || wrong+=("$kb kB: status $status $WHY")
	fi
	replays k.rec && agrees || wrong+=("$kb kB: $WHY")
	[ $status != 0 ] || [ ! -s err ] || wrong+=("$kb kB: succeeded, and: $(cat err)")
	[ $status = 0 ] || [ -s err ] || wrong+=("$kb kB: failed, and passes for whole")
done
[ ${#wrong[@]} = 0 ] && [ $full -gt 0 ] && ok kills "$DISKS disks, $full of them full; $TOLD transitions replayed" ||
	{ fail kills "${#wrong[@]} of $DISKS disks, $full full"; printf '    %s\n' "${wrong[@]}" | head -20; }

# Who writes is killed alone, and every other time who makes the files with it.
shopt -s nullglob
wrong=() SEGMENTS=0
for ((i = 0; i < KILLS / 4; i++)); do
	rm -rf ring ready
	mkdir ring
	setsid "$TCPDWELL" hist -w ring/k.rec --rotate 64k --keep 3 --ready-file ready --netns "$netns" >/dev/null 2>&1 &
	pid=$!
	wait_for 20 is_ready $pid
	sleep "$((1 + RANDOM % 2)).$(printf %03d $((RANDOM % 1000)))"
	maker=$(cut -d ' ' -f 1 "/proc/$pid/task/$pid/children" 2>/dev/null)
	[ $((i % 2)) = 0 ] && kill -KILL $pid || kill -KILL -$pid
	wait $pid 2>/dev/null
	wait_for 10 test ! -e "/proc/${maker:-self/none}" || wrong+=("kill $i: who makes the files, $maker, is still there")
	all_replay || wrong+=("kill $i: $WHY")
done
[ ${#wrong[@]} = 0 ] && [ $SEGMENTS -gt 0 ] && ok kills "$((KILLS / 4)) kills of recordings in segments: $SEGMENTS of these replay" ||
	{ fail kills "${#wrong[@]} of $((KILLS / 4)) kills of recordings in segments"; printf '    %s\n' "${wrong[@]}" | head -20; }

wrong=() SEGMENTS=0 full=0
for ((i = 0; i < DISKS / 4; i++)); do
	rm -rf there ring
	mkdir there
	kb=$((i ? 4 * (1 + RANDOM % 1500) : 64))
	[ $i = 0 ] && seconds=60 || seconds=2
	# shellcheck disable=SC2016 # for that shell
	unshare -m bash -c 'mount -t tmpfs -o size=$1k none there && shift && "$@" >/dev/null 2>err.live; status=$?; cp -r there ring; exit $status' \
		bash $kb "$TCPDWELL" hist -d "$seconds" -w there/k.rec --rotate 64k --netns "$netns"
	status=$?
	if [ $status != 0 ]; then
		full=$((full + 1))
		[ $status = 1 ] && one_error '^error: cannot (write|create) recording .*No space left' err.live || wrong+=("$kb kB: status $status $WHY")
	fi
	all_replay || wrong+=("$kb kB: $WHY")
done
[ ${#wrong[@]} = 0 ] && [ $full -gt 0 ] && ok kills "$((DISKS / 4)) disks, $full of them full: $SEGMENTS segments replay" ||
	{ fail kills "segments: ${#wrong[@]} of $((DISKS / 4)) disks, $full full"; printf '    %s\n' "${wrong[@]}" | head -20; }
