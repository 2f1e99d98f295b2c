#!/bin/bash
# demo.sh BUILD - see it work, on traffic made for it in a network namespace of its own: a server that leaks its
# descriptors, a client that closed one half only, and connections that close as they should. 12 seconds.
. "$(dirname "$0")/lib.sh"
can_trace demo || exit 1

new_netns netns || { fail demo "no network namespace: are you root?"; exit 1; }
cat <<'TEXT'
A small workload in a network namespace of its own, for 6 seconds:
  - 5 connections closed as they should be
  - 3 connections whose server ("leaky-server") never closes: CLOSE-WAIT there
  - their clients ("half-client") closed one half, or all: FIN-WAIT-2 there
$ tcpdwell --netns demo

TEXT
start_tracer "$WORK/out" --netns "$netns" || exit 1
tail -f "$WORK/out" --pid "$TRACER" 2>/dev/null &
ip netns exec "$netns" "$BUILD/traffic" -o "$WORK/truth" -n 3 -w 6 leak >"$WORK/traffic.log" 2>&1 &
traffic=$!
sleep 6
stop_tracer
wait %2 2>/dev/null
sleep 0.3
cat <<'TEXT'

What it says: the dwells under CLOSE-WAIT that ended are the good closes; those
"still there" are the leak; -v says whose (~: inherited from its listener). Next:
  make run ARGS="hist -L 443"
TEXT
wait $traffic 2>/dev/null
exit 0
