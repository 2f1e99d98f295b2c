#!/bin/bash
# Truth against known timing, IPv4: every scenario that traffic can play in half a minute.
. "$(dirname "$0")/live.sh.inc"
truth_test truth-ipv4 "${1:-all}"
