#!/bin/bash
# run.sh - the same output as ever, from recordings: tests/golden/NAME/in.rec through `tcpdwell -r`, byte for byte.
#
# NAME/cmd has a line per output: FILE ARGUMENT... The exit status has to be 0. Of a FILE that ends in .prom or .om it
# is what `serve` would export, by metrics_of. `UPDATE=1 tests/golden/run.sh` rewrites recordings and outputs; review
# the diff.
cd "$(dirname "$0")/../.." || exit 1
. tests/lib.sh

export TZ=UTC
failed=0
promtool=true
needs golden-promtool promtool && promtool=promtool

# Why an output cannot be right, whatever it was before; nothing if it may be.
malformed() {
	case $1 in
	*.json)
		jq -e 'select(type != "object" or (keys_unsorted[0] != "event"))' "$1" >/dev/null 2>&1
		case $? in
		4) ;; # it prints nothing
		0) echo "a line is no object that begins with its event" ;;
		*) echo "not all lines are JSON" ;;
		esac
		;;
	*.csv)
		# Quoted fields may hold anything, line ends as well.
		sed -z 's/"[^"]*"/q/g' "$1" | awk -F, 'NR == 1 { n = NF } NF != n { bad = 1; print NR ": " NF " columns, not " n }
			END { exit bad }' || :
		;;
	*.prom)
		$promtool check metrics <"$1" 2>&1
		"$TESTS/metrics.awk" "$1"
		;;
	*.om)
		"$TESTS/metrics.awk" "$1"
		[ "$(tail -n 1 "$1")" = "# EOF" ] || echo "does not end in # EOF"
		;;
	*.txt)
		# IPv6 may be wider, and so may -v; a table of `stuck` is cut by the terminal, commands are not.
		[[ $1 == *-v.txt ]] ||
			LC_ALL=C awk '!/\[|\]|^  (next|age|oldest): |^[A-Z]+[-0-9A-Z]*  / && length($0) > 79 { print "line " NR " has " length($0) " columns" }' "$1"
		;;
	esac
}

# one DIRECTORY FILE ARGUMENT...
one() {
	local dir=$1 file=$2 name out why
	shift 2
	name=golden-${dir##*/}-${file//./-}
	out=$WORK/$file
	case $file in
	*.prom) set -- "$BUILD/fuzz/metrics_of" "$dir/in.rec" prometheus "$@" ;;
	*.om) set -- "$BUILD/fuzz/metrics_of" "$dir/in.rec" openmetrics "$@" ;;
	*) set -- "$TCPDWELL" -r "$dir/in.rec" "$@" ;;
	esac
	if ! "$@" >"$out" 2>"$WORK/err"; then
		fail "$name" "exit status is not 0: $(head -c 300 "$WORK/err")"
		failed=1
		return
	fi
	[ -z "${UPDATE:-}" ] || cp "$out" "$dir/$file"
	why=$(malformed "$out")
	if [ -s "$WORK/err" ]; then
		fail "$name" "says on stderr: $(head -c 300 "$WORK/err")"
	elif [ -n "$why" ]; then
		fail "$name" "${why//$'\n'/; }"
	elif cmp -s "$out" "$dir/$file"; then
		ok "$name" "$(wc -l <"$out") lines of ${*##*/}"
		return
	else
		fail "$name" "differs for ${*##*/}"
		diff -u "$dir/$file" "$out" | sed 's/^/    /' | head -30
	fi
	failed=1
}

for dir in tests/golden/*/; do
	dir=${dir%/}
	[ -z "${UPDATE:-}" ] || "$BUILD/fuzz/make_recording" "$(basename "$dir")" "$dir/in.rec"
	if "$BUILD/fuzz/make_recording" "$(basename "$dir")" "$WORK/in.rec" && cmp -s "$WORK/in.rec" "$dir/in.rec"; then
		ok "golden-$(basename "$dir")-in-rec" "$(wc -c <"$dir/in.rec") bytes, as make_recording makes them"
	else
		fail "golden-$(basename "$dir")-in-rec" "is not what make_recording makes"
		failed=1
	fi
	while read -ra words; do
		[ ${#words[@]} -gt 0 ] && one "$dir" "${words[@]}"
	done <"$dir/cmd"
done
exit $failed
