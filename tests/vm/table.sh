#!/bin/bash
# table.sh [FILE] - the last `make check-vm` as a table in Markdown: printed, or put into FILE (docs/kernels.md) between
# its two lines "<!-- matrix -->" and "<!-- end of matrix -->".
set -u
. "$(dirname "$0")/vm.sh.inc"

table() {
	awk 'NR == 1 { print "| Kernel | Version | Way | Passed | Failed | Skipped |"
			print "|---|---|---|--:|--:|--:|"; next }
		NF == 6 { printf "| %s | %s | %s | %s | %s | %s |\n", $1, $2, $3 == "-" ? "none" : $3, $4, $5, $6 }' "$CACHE/results/matrix.txt"
}

[ -s "$CACHE/results/matrix.txt" ] || die "there is no $CACHE/results/matrix.txt: make check-vm"
if [ $# = 0 ]; then
	table
	exit
fi
[ "$(grep -cE '^<!-- (end of )?matrix -->$' "$1")" = 2 ] || die "'$1' has not the two lines to put it between"
{ sed '/^<!-- matrix -->$/q' "$1"; table; sed -n '/^<!-- end of matrix -->$/,$p' "$1"; } >"$1.tmp" && mv "$1.tmp" "$1"
