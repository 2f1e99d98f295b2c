#!/bin/bash
# table.sh NUMBERS JSON: what bench.sh measured, a line a run, as JSON (written to the second file) and as a table.
NUMBERS=$1
JSON=$2

# Everything as JSON: per mode and number the median, least and most of the rounds, and ratios.
jq -Rn '[inputs | select(contains("=")) | split(" ") | select(.[0] | contains("=") | not) | {mode: .[0], values: (.[1:] | map(split("=") | {(.[0]): (.[1] | tonumber? // .)}) | add)}]
	| group_by(.mode) | map({(.[0].mode): ([.[].values | to_entries[]] | group_by(.key) | map({(.[0].key):
		(map(.value) | if (.[0] | type) == "number" then sort | {median: .[length / 2 | floor], min: .[0], max: .[-1]} else .[0] end)}) | add)}) | add
	| . as $all | with_entries(select(.value.rate) |= (if .value.ns and $all.empty.ns then .value.above_empty = (.value.ns.median - $all.empty.ns.median) else . end
		| if .value.ns and $all.tcpstates.ns then .value.ns_of_tcpstates = (.value.ns.median / $all.tcpstates.ns.median) else . end
		| if .value.cpu and $all.tcpstates.cpu then .value.cpu_of_tcpstates = (.value.cpu.median / $all.tcpstates.cpu.median) else . end))' \
	"$NUMBERS" >"$JSON"

jq -r '
	def n(d): if . == null then "-" else (. * pow(10; d) | round / pow(10; d) | tostring) end;
	def spread(d): if . == null then "-" else "\(.median | n(d)) (\(.min | n(d))..\(.max | n(d)))" end;
	. as $all | ["tracer", "conn/s", "kept", "ns/event", "all_programs", "CPU_s/M", "MB", "lost", "first_ms"],
	("none empty text json hist write tcpstates tcplife bpftrace perf" | split(" ")[] | . as $m | $all[$m] // empty | if .missing then
		[$m, "(" + (.missing | gsub("_"; " ")) + ")"] else
		[$m, (.rate | spread(0)), (.kept | spread(2)), (.ns | spread(0)), (.all.median | n(0)), (.cpu | spread(2)),
		 (.mem.median | n(1)), (.lost.max | n(0)), (.first.median | n(0))] end) | join("|")' "$JSON" | column -t -s'|'
echo
jq -r 'to_entries[] | select(.key | test("^(long|wall|passive|timers|replay|memory)")) | "\(.key): \(.value | to_entries | map("\(.key)=\(.value | if type == "object" then .median else . end | if type == "number" then . * 100 | round / 100 else . end)") | join(" "))"' "$JSON"
