#!/bin/bash
# is-static.sh FILE... - each must need no library and no interpreter of its host, and be smaller than LIMIT bytes
# (default 3 MiB: it is to be copied onto hosts); prints its size. Exit 1 if one is not so.
set -u
limit=${LIMIT:-3145728}
status=0
for file; do
	what=$(file -bL "$file")
	size=$(stat -Lc %s "$file" 2>/dev/null)
	needed=$(readelf -dlW "$file" 2>/dev/null | sed -nE 's/.*\(NEEDED\).*\[(.*)\]/ \1/p; s/.*interpreter: (.*)\]/ \1/p' | tr -d '\n')
	if [[ $what != ELF* || -n $needed || $what != *static* ]]; then
		echo "FAIL static: $file: needs:$needed; $what"
	elif [ "$size" -ge "$limit" ]; then
		echo "FAIL static: $file: $size bytes, the limit is $limit"
	else
		echo "ok static: $file, $size bytes, no libraries, ${what%%,*}"
		continue
	fi
	status=1
done
exit $status
