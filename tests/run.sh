#!/bin/bash
# shellcheck disable=SC2030,SC2031 # plainly() reads lib.sh in a subshell on purpose
# run.sh BUILD [quick|live] - all tests, or those of one kind. A line as each test ends, with the whole log of a test that
# failed, or of each with V=1; at the end why tests were skipped, the time, and one line: N passed, N failed, N skipped.
# "quick" is what needs neither a kernel nor root, in less than a minute.
#
# What needs no root runs as an ordinary user even when root runs this. Tests are independent of each other and run side
# by side, JOBS at a time.
set -u
cd "$(dirname "$0")/.." || exit 1
BUILD=$(cd "$1" && pwd) || exit 1
export BUILD
kind=${2:-all}
jobs=${JOBS:-$(nproc)}
results=$(mktemp -d "${TMPDIR:-/tmp}/tcpdwell-results.XXXXXX")
trap 'rm -rf "$results"' EXIT

# Only for plainly(); its cleaning up is not wanted here, and what it makes is empty.
# shellcheck source=tests/lib.sh
plainly() { (. tests/lib.sh && plainly "$@"); }

# The live tests first: they take longest.
tests=()
[ "$kind" = quick ] || tests+=(tests/live/*.sh tests/live/field/*.sh)
if [ "$kind" != live ]; then
	for source in tests/unit/*.c; do
		tests+=("$BUILD/unit/$(basename "$source" .c)")
	done
	tests+=(tests/golden/run.sh tests/cli/*.sh)
fi

# A test without a result, or one that failed without saying so, is a failure. The time is for what hangs: three times what
# the longest takes where eight others want each CPU.
run_one() {
	local test=$1 log=$2 status
	case $test in
	tests/live/*) timeout -k 5 900 "$test" ;;
	*) plainly timeout -k 5 900 "$test" ;;
	esac >"$log" 2>&1
	status=$?
	if ! grep -qE '^(ok|FAIL|skip) ' "$log"; then
		echo "FAIL $test: no result, status $status" >>"$log"
	elif [ $status != 0 ] && ! grep -q '^FAIL ' "$log"; then
		echo "FAIL $test: status $status" >>"$log"
	fi
}

declare -A running=() began=()
ended=0 bad=()

# count KIND LOG...: results of that kind.
count() { cat "${@:2}" | grep -c "^$1 "; }

# On a terminal the last line is what runs now.
progress() {
	[ -t 1 ] || return
	printf '\r\033[K'
	[ ${#running[@]} = 0 ] || cut -c "1-$(($(tput cols) - 1))" <<<"[$ended of ${#tests[@]}] ${running[*]}" | tr -d '\n'
}

# What is no result, such as a sanitizer's noise, with the indented lines behind it.
noise() { awk '/^(ok|FAIL|skip) / { noise = 0; next } /^[^ \t]/ { noise = 1 } noise' "$1"; }

# report PID: its test has ended.
report() {
	local log=$results/${running[$1]//\//-} name=${running[$1]} failed
	failed=$(count FAIL "$log")
	unset "running[$1]"
	ended=$((ended + 1))
	[ ! -t 1 ] || printf '\r\033[K'
	printf '%-30s %4d passed, %d failed, %d skipped %7.1f s\n' "$name" "$(count ok "$log")" "$failed" "$(count skip "$log")" \
		"$(((${EPOCHREALTIME/[.,]/} - ${began[$1]}) / 100000))e-1"
	if [ "$failed" != 0 ]; then
		bad+=("$name")
		cat "$log"
	elif [ -n "${V:-}" ]; then
		cat "$log"
	else
		noise "$log"
	fi
}

wait_for_one() {
	local pid
	progress
	wait -n -p pid
	report "$pid"
}

for test in "${tests[@]}"; do
	# Sanitizers have no business in what is about the delivered program: its package, its sandboxes.
	[[ $BUILD != *-san || ! $test =~ /live/(package|service|pod|dashboard)\.sh$ ]] || continue
	[ "${#running[@]}" -lt "$jobs" ] || wait_for_one
	name=${test#"$PWD"/}
	run_one "$test" "$results/${name//\//-}" &
	running[$!]=$name began[$!]=${EPOCHREALTIME/[.,]/}
done
while [ ${#running[@]} != 0 ]; do
	wait_for_one
done

echo
grep -h '^skip ' "$results"/*
[ ${#bad[@]} = 0 ] || echo "failed: ${bad[*]}"
echo "took $((SECONDS / 60)) min $((SECONDS % 60)) s"
failed=$(count FAIL "$results"/*)
echo "$(count ok "$results"/*) passed, $failed failed, $(count skip "$results"/*) skipped"
[ "$failed" = 0 ]
