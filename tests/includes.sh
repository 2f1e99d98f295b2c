#!/bin/bash
# includes.sh - includes between the folders of user/ go down only, by the table in docs/architecture.md, and no
# modules include each other in a circle. Prints each include that does not, and fails.
set -u
cd "$(dirname "$0")/.." || exit 1

# "FROM TO FILE": a folder, the folder it includes from, and where.
between_folders() {
	grep -oE '^#include "[a-z]+/' user/*/*.[ch] |
		sed -E 's|^(user/([a-z]+)/[^:]+):#include "([a-z]+)/|\2 \3 \1|' | awk '$1 != $2'
}

# "FROM TO": a folder and one that it may include, from rows such as | `model` | `base` `record` | what it is |
allowed() {
	awk -F'|' '/<!-- includes -->/ { on = 1 } /<!-- end of includes -->/ { on = 0 }
		on && /^\| `/ { gsub("`", ""); n = split($3, to, " "); for (i = 1; i <= n; i++) { sub(" ", "", $2); split($2, from, " "); print from[1], to[i] } }' docs/architecture.md
}

bad=$(awk 'NR == FNR { ok[$1 " " $2] = 1; next } !(($1 " " $2) in ok) { print $3 " may not include " $2 "/" }' <(allowed) <(between_folders))
[ -z "$bad" ] || echo "$bad"

# A module is its .c and its .h; tsort names what goes round in a circle.
circles=$(grep -oE '^#include "[a-z]+/[a-z_0-9]+\.h' user/*/*.[ch] |
	sed -E 's|^user/([^.]+)\.[ch]:#include "(.*)\.h$|\1 \2|' | awk '$1 != $2' | tsort 2>&1 >/dev/null)
[ -z "$circles" ] || echo "modules that include each other: ${circles//$'\n'/ }"
[ -z "$bad$circles" ]
