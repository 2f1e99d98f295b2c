#!/bin/bash
# Documentation says what the code says: options, fields, causes and states in the man page are those in the tables;
# the commands and files that README, CONTRIBUTING and docs/ name exist.
. "$(dirname "$0")/../lib.sh"
MAN=$TESTS/../man/tcpdwell.8
GUIDES=("$TESTS"/../{README,CONTRIBUTING}.md "$TESTS"/../docs/*.md)

same() { # NAME WHAT: two lists, from the code and from the page
	if diff "$WORK/code" "$WORK/page" >"$WORK/diff"; then
		ok "docs-$1" "$(wc -l <"$WORK/code") $2, the same in code and man page"
	else
		fail "docs-$1" "$(tr '\n' ' ' <"$WORK/diff")"
	fi
}

"$TCPDWELL" --list-options | grep '^-' | cut -f1 | sort >"$WORK/code"
sed -nE 's/^\.It Fl (. , Fl )?-?([a-z-]+)( Ar ([A-Z]+))?$/\1|\2|\4/p; s/^\.It Fl ([[:alnum:]]) , Fl -([a-z0-9-]+)( Ar ([A-Z]+))?$/\1|\2|\4/p' "$MAN" |
	sed -E 's/^(.) , Fl \|/\1|/' | awk -F'|' '{ print ($1 != "" ? "-" $1 " " : "") "--" $2 ($3 != "" ? " " $3 : "") }' | sort -u >"$WORK/page"
same options options

# section NAME: the lines of a section of the page.
section() { sed -n "/^\.Sh $1/,/^\.Sh/p" "$MAN"; }

"$TCPDWELL" -r "$TESTS/golden/basic/in.rec" -f csv | head -1 | tr ',' '\n' | sort >"$WORK/code"
section FIELDS | sed -n 's/^\.It Va //p' | sed 's/ , Va /\n/g' | sort -u >"$WORK/page"
same fields fields

"$TCPDWELL" --list-rules | cut -f1 | sort >"$WORK/code"
section RULES | sed -n 's/^\.It Sy \([a-z0-9-]*\)$/\1/p' | sort >"$WORK/page"
same rules 'rules of stuck'

"$TCPDWELL" -r "$TESTS/golden/well/in.rec" stuck -f csv | head -1 | tr ',' '\n' | sort >"$WORK/code"
section STUCK | sed -n 's/^\.It Va //p' | sed 's/ , /\n/g' | sort -u >"$WORK/page"
same stuck-fields 'fields of stuck'

grep -oE '\[CAUSE_[A-Z_]+\] = WORD\("[a-z-]+"' "$TESTS/../user/base/tcpstate.c" | sed 's/.*"\(.*\)"/\1/' | sort >"$WORK/code"
section CAUSES | sed -n 's/^\.It Sy //p' | sort >"$WORK/page"
same causes causes

grep -oE '\[WIRE_[A-Z0-9_]+\] = WORD\("[A-Z0-9-]+"' "$TESTS/../user/base/tcpstate.c" | sed 's/.*"\(.*\)"/\1/' | sort >"$WORK/code"
section STATES | sed -n 's/^\.It Sy //p' | sort >"$WORK/page"
same states states

"$TCPDWELL" --list-metrics | awk -F'\t' '{ print $1 " " $3 }' | sort >"$WORK/code"
section SERVE | sed -nE 's/^\.It Sy ([a-z_]+)( Ns Brq (.*))?$/\1 \3/p' | sed 's/ , /,/g' | sort >"$WORK/page"
same metrics metrics

while read -r target; do
	make -C "$TESTS/.." -n "$target" >/dev/null 2>"$WORK/err" && ok "docs-targets" "make $target exists" ||
		fail "docs-targets" "make $target: $(head -1 "$WORK/err")"
done < <(grep -hoE '^ +make [a-z-]+' "${GUIDES[@]}" | awk '$2 !~ /^-/ { print $2 }' | sort -u)

# A path is from the top or from user/; capitals stand for a name.
missing=() n=0
while read -r path; do
	n=$((n + 1))
	[ -e "$TESTS/../$path" ] || [ -e "$TESTS/../user/$path" ] || missing+=("$path")
done < <(grep -hoE '`[a-z]+/[a-z0-9_./-]+`' "${GUIDES[@]}" | tr -d '\`' | grep -vE '^(build|iter)/' | sort -u)
[ ${#missing[@]} = 0 ] && ok docs-paths "$n files and folders that the guides name are there" ||
	fail docs-paths "not there: ${missing[*]}"
