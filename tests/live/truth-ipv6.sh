#!/bin/bash
# Truth against known timing, IPv6.
. "$(dirname "$0")/live.sh.inc"
truth_test truth-ipv6 "${1:-all}" -6
