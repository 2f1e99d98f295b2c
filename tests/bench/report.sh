#!/bin/bash
# report.sh BUILD [TRANSITIONS] - what it takes to make a page of a long recording: time on one core, memory, size. By
# default of 2 million transitions; 10 s and 2 MB are the most that it may be.
cd "$(dirname "$0")/../.." || exit 1
build=${1:-build} transitions=${2:-2000000}
work=$(mktemp -d "${TMPDIR:-/tmp}/tcpdwell-bench.XXXXXX")
trap 'rm -rf "$work"' EXIT

"$build/fuzz/many" "$transitions" "$work/rec" || exit 1
TIMEFORMAT='%R %U %S'
times=$({ time taskset -c 0 "$build/tcpdwell" report "$work/page.html" -q -r "$work/rec"; } 2>&1) || exit 1
read -r real user system <<<"$times"
bytes=$(stat -c %s "$work/page.html")
echo "recording   $(stat -c %s "$work/rec") bytes, $(sed -n 's/^<script type="application\/json" id="data">//p' "$work/page.html" |
	sed 's/<\/script>$//' | jq '[.moves[].count] | add') transitions"
echo "page        $bytes bytes"
echo "time        $real s on one core, $user s user, $system s system"
awk -v bytes="$bytes" -v cpu="$user $system" 'BEGIN { split(cpu, s, " "); exit !(bytes < 2e6 && s[1] + s[2] < 10) }' ||
	{ echo "too much"; exit 1; }
