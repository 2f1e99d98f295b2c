#!/bin/bash
# Random lives of connections, whatever their programs and the network do to them, and nothing that is said of them is
# false: 2,000 in four plays. `make chaos` plays 100,000, puts packet filters and missing addresses in their way, and
# has one watch that loses records.
. "$(dirname "$0")/live.sh.inc"
can_trace chaos || exit 0
needs chaos python3 nft ss || exit 0
find_tracefs || { skip chaos "no witness: no tracefs"; exit 0; }
export TRACEFS
command -v tmux >/dev/null || skip chaos-top "no tmux: what top says is not judged"

# Two at a time: what they wait for is mostly time.
read -ra SEEDS <<<"${SEEDS:-1 2 3 4}"
play_half() {
	timeout -k 5 600 python3 "$TESTS/live/chaos" "${@/#/--seed=}" --calm --lossless --lives "$((2000 / ${#SEEDS[@]}))" --keep "$WORK/chaos-$1"
}
half=$(((${#SEEDS[@]} + 1) / 2))
play_half "${SEEDS[@]:half}" >"$WORK/second" 2>&1 &
second=$!
play_half "${SEEDS[@]:0:half}" >"$WORK/first" 2>&1
first=$?
wait $second
status=$?
cat "$WORK/first" "$WORK/second"
for play in "first $first" "second $status"; do
	read -r name code <<<"$play"
	[ "$code" = 0 ] || grep -q '^FAIL' "$WORK/$name" || fail chaos "status $code"
done
