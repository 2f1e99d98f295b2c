#!/bin/bash
# 50 scrapers at once during full connection churn, for some seconds.
. "$(dirname "$0")/scrape.sh.inc"
can_trace scrape && needs scrape curl || exit 0
again_if_withheld scrape moves
scrape_test scrape 50 8
