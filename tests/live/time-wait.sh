#!/bin/bash
# A TIME-WAIT that lives out its 60 s, and one whose namespace goes away under it, seen side by side.
. "$(dirname "$0")/live.sh.inc"
can_trace time-wait || exit 0

new_netns full && new_netns gone || exit 1
# Ports of their own: the number of a namespace that went is soon that of a new one.
start_tracer "$WORK/out.json" -f json --netns "$full,$gone" -P 17000-17999 || exit 1
play "$gone" "$WORK/truth.gone" -p 17001 netns-gone || fail netns-gone "the traffic did not play"
sleep 0.2
ip netns del "$gone"
play "$full" "$WORK/truth.full" -p 17101 time-wait-full || fail time-wait-full "the traffic did not play"
sleep 1.1
stop_tracer || fail time-wait "tcpdwell ended with $?"
judge netns-gone "$WORK/truth.gone" "$WORK/out.json"
judge time-wait-full "$WORK/truth.full" "$WORK/out.json"
