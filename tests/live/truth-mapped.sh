#!/bin/bash
# Truth against known timing, IPv4 spoken through IPv6 sockets: it must read as IPv4.
. "$(dirname "$0")/live.sh.inc"
truth_test truth-mapped "${1:-all}" -m
