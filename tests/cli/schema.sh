#!/bin/bash
# The schema: every golden line is valid by it, every event is among them, what is not as it says is refused, and the
# fields of CSV are those of JSON.
. "$(dirname "$0")/../lib.sh"

"$TCPDWELL" features -f json >"$WORK/features.json"
readarray -t files < <(find "$TESTS/golden" -name '*.json' ! -name report.json)
valid_lines golden "${files[@]}" "$WORK/features.json"

told=$(cat "${files[@]}" "$WORK/features.json" | jq -r .event | sort -u | tr '\n' ' ')
known=$("$TCPDWELL" schema | jq -r '."$defs" | keys[]' | sort -u | tr '\n' ' ')
[ "$told" = "$known" ] && ok schema-events "$told" || fail schema-events "the schema has $known, the lines are $told"

# refused NAME JQ-FILTER: lines that are changed so are not valid.
refused() {
	local name=$1 told
	cat "${files[@]}" | jq -c "select(.event == \"transition\") | $2" | head -1 >"$WORK/changed"
	told=$(python3 "$TESTS/schema.py" "$WORK/schema" "$WORK/changed")
	case $? in
	1) ok "schema-refuses-$name" "$told" ;;
	77) skip "schema-refuses-$name" "$told" ;;
	*) fail "schema-refuses-$name" "$told" ;;
	esac
}
refused missing 'del(.cause)'
refused unknown '. + {more: 1}'
refused number-for-id '.ts_ns |= tonumber'
refused text-for-number '.netns |= tostring'
refused null '.from = null'
refused word '.dwell_known = "at_least"'
refused state '.to = "FIN_WAIT2"'
refused negative '.dwell_ns = -1'
refused event '.event = "move"'
refused order 'del(.event) + {event}'

for command in "trace -r basic" "stuck -r stuck"; do
	read -r -a words <<<"$command"
	name=${words[0]} words[2]=$TESTS/golden/${words[2]}/in.rec
	"$TCPDWELL" "${words[@]}" -f csv | head -1 | tr , '\n' | sort >"$WORK/csv"
	"$TCPDWELL" schema | jq -r --arg name "$name" '."$defs" | if $name == "stuck" then .stuck else .start, .transition, .histogram, ."idle-peak", .lost, .summary end |
		.properties | keys[]' | sort -u | grep -vxE "(listener_)?holders" >"$WORK/fields"
	diff "$WORK/csv" "$WORK/fields" >"$WORK/diff" && ok "schema-csv-$name" "$(wc -l <"$WORK/csv") columns" ||
		fail "schema-csv-$name" "$(tr '\n' ' ' <"$WORK/diff")"
done
