#!/bin/bash
# shellcheck disable=SC2030,SC2031 # plainly() reads lib.sh in a subshell on purpose
# run.sh BUILD [unit|live] - all tests, or those of one kind, then one line: N passed, N failed, N skipped.
#
# What needs no root runs as an ordinary user even when root runs this. Tests are independent of each other and
# run side by side; the output of each is shown whole, in order, as soon as it is there.
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
[ "$kind" = unit ] || tests+=(tests/live/*.sh)
# Sanitizers have no business in what is about the delivered program: its package, its sandboxes.
[[ $BUILD != *-san ]] || readarray -t tests < <(printf '%s\n' "${tests[@]}" | grep -vE '/(package|service|pod|dashboard)\.sh$')
[ "$kind" = live ] || tests+=("$BUILD"/unit/* tests/golden/run.sh tests/cli/*.sh)

# A test without a result, or one that failed without saying so, is a failure.
run_one() {
	local test=$1 log=$2 status
	[ -x "$test" ] || return 0
	case $test in
	tests/live/*) timeout -k 5 400 "$test" ;;
	*) plainly timeout -k 5 300 "$test" ;;
	esac >"$log" 2>&1
	status=$?
	if ! grep -qE '^(ok|FAIL|skip) ' "$log"; then
		echo "FAIL $test: no result, status $status" >>"$log"
	elif [ $status != 0 ] && ! grep -q '^FAIL ' "$log"; then
		echo "FAIL $test: status $status" >>"$log"
	fi
	mv "$log" "$log.done"
}

n=0
for test in "${tests[@]}"; do
	[ -x "$test" ] || continue
	while [ "$(jobs -rp | wc -l)" -ge "$jobs" ]; do
		wait -n
	done
	log=$results/$(printf %03d $n)
	echo "$test" >"$log.name"
	run_one "$test" "$log" &
	n=$((n + 1))
done
wait

for log in "$results"/*.done; do
	echo "== $(sed "s|^$BUILD/||" "${log%.done}.name")"
	# Sanitizers and other noise that is not a result stay visible.
	cat "$log"
done
count() { cat "$results"/*.done | grep -c "^$1 "; }
failed=$(count FAIL)
echo "$(count ok) passed, $failed failed, $(count skip) skipped"
[ "$failed" = 0 ]
