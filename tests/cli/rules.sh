#!/bin/bash
# docs/rules.md says what the table of rules in the code says: the same rules, in the same states, with the same waits;
# and each row names a scenario that has the rule and a look-alike that has not, which exist.
. "$(dirname "$0")/../lib.sh"
PAGE=$TESTS/../docs/rules.md

# Fields of the rows, without quotes and blanks around them: rule, states, waits, proof, excluded, found, not found.
sed -n '/<!-- rules -->/,/<!-- end of rules -->/p' "$PAGE" | grep '^| `' |
	sed -E 's/^\| *//; s/ *\|$//; s/ *\| */\t/g; s/`//g' >"$WORK/rows"

"$TCPDWELL" --list-rules >"$WORK/code"
seconds() { awk -F'\t' -v OFS='\t' '{ split($3, d, " "); print $1, $2 == "-" ? "" : $2, d[1] == "-" ? 0 : d[1] * (d[2] == "min" ? 60 : 1) }'; }
sed 's/, /,/g' "$WORK/rows" | seconds >"$WORK/page"
if diff "$WORK/code" "$WORK/page" >"$WORK/diff"; then
	ok rules-table "$(wc -l <"$WORK/code") rules, states and waits, the same in code and docs/rules.md, in the same order"
else
	fail rules-table "$(tr '\n' ' ' <"$WORK/diff")"
fi

awk -F'\t' 'NF != 7 { print "row of " $1 " has " NF " columns"; next }
	$4 == "" || $5 == "" || $6 == $7 { print $1 " lacks a proof, an exclusion or a look-alike of its own" }' "$WORK/rows" >"$WORK/lacking"
[ -s "$WORK/rows" ] && [ ! -s "$WORK/lacking" ] && ok rules-whole "each row has all that belongs to it" ||
	fail rules-whole "$(tr '\n' ';' <"$WORK/lacking")"

# FILE:NAME, of a file in tests/.
missing=() n=0
while IFS= read -r scenario; do
	n=$((n + 1))
	grep -qsF -- "${scenario#*:}" "$TESTS/${scenario%%:*}" || missing+=("'$scenario'")
done < <(cut -f6,7 "$WORK/rows" | tr '\t' '\n' | sort -u)
[ ${#missing[@]} = 0 ] && [ $n -gt 20 ] && ok rules-scenarios "$n scenarios, and all are there" ||
	fail rules-scenarios "not there: ${missing[*]}"
