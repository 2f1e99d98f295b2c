#!/bin/bash
# is-static.sh FILE... - each must need no library and no interpreter of its host; prints its size. Exit 1 if one does.
set -u
status=0
for file; do
	what=$(file -bL "$file")
	if [[ $what == *'statically linked'* || $what == *'static-pie linked'* ]] && [[ $what != *interpreter* ]]; then
		echo "ok static: $file, $(stat -Lc %s "$file") bytes, statically linked, ${what%%,*}"
	else
		echo "FAIL static: $file: $what"
		status=1
	fi
done
exit $status
