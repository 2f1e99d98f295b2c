#!/bin/bash
# scrape.sh BUILD [CLIENTS [SECONDS]] - 200 scrapers at once, each asking again 20 ms after it was answered, for 60 s
# during full connection churn: no error, no lost event, memory flat. A soak, not part of `make check`.
#
# November 2026, 2 cores: see the end of this file.
BUILD=$1
export BUILD
. "$(dirname "$0")/../live/scrape.sh.inc"
can_trace scrape || exit 1
scrape_test scrape "${2:-200}" "${3:-60}"
