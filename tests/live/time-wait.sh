#!/bin/bash
# A TIME-WAIT that lives out its 60 s, and one whose namespace goes away under it, seen side by side.
. "$(dirname "$0")/live.sh.inc"
can_trace time-wait || exit 0
again_if_withheld time-wait events

new_netns full && new_netns gone || exit 1
# The number of a namespace that went is soon that of a new one: hence the filter of ports, which are nobody else's.
start_tracer "$WORK/out.json" -f json -w "$WORK/rec" --netns "$full,$gone" -P "$OUR_PORT-$((OUR_PORT + OUR_PORTS - 1))" || exit 1
start_witness time-wait events 65536
play "$gone" "$WORK/truth.gone" netns-gone || fail netns-gone "the traffic did not play"
sleep 0.2
ip netns del "$gone"
play "$full" "$WORK/truth.full" time-wait-full || fail time-wait-full "the traffic did not play"
sleep 1.1
is_heard=
stop_witness time-wait && is_heard=1
stop_tracer || fail time-wait "tcpdwell ended with $?"
[ -z "$is_heard" ] || balance time-wait "$WORK/rec"
withhold
judge netns-gone "$WORK/truth.gone" "$WORK/out.json"
judge time-wait-full "$WORK/truth.full" "$WORK/out.json"
