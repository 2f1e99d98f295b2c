#!/bin/bash
# run.sh BUILD SECONDS [TARGET...] - runs each target of the fuzzer that long, JOBS at a time: first over its corpus, then over
# what grows out of it, which stays in BUILD/corpus. An input that breaks one is left in BUILD/found; as a file of
# tests/fuzz/corpus/TARGET it is a test.
set -u
cd "$(dirname "$0")/../.." || exit 1
BUILD=$1 seconds=$2
export BUILD seconds
shift 2
if [ $# = 0 ]; then
	for target in tests/fuzz/fuzz_*.c; do
		target=${target##*/fuzz_}
		set -- "$@" "${target%.c}"
	done
fi

# Bytes of an input at most, where 4096 only cost time.
longest() {
	case $1 in
	parse) echo 160 ;;
	name) echo 240 ;;
	expr | options) echo 512 ;;
	http) echo 1024 ;;
	records) echo 8192 ;;
	recording) echo 32768 ;;
	*) echo 2048 ;;
	esac
}
export -f longest

run_one() {
	local name=$1 log=$BUILD/$1.log stat
	mkdir -p "$BUILD/corpus/$name" "$BUILD/found"
	if "$BUILD/fuzz/fuzz_$name" -max_total_time="$seconds" -max_len="$(longest "$name")" -timeout=10 -rss_limit_mb=2048 \
		-close_fd_mask=1 -print_final_stats=1 -artifact_prefix="$BUILD/found/$name-" \
		"$BUILD/corpus/$name" "tests/fuzz/corpus/$name" >/dev/null 2>"$log"; then
		stat=$(awk '/number_of_executed_units/ { n = $2 } / cov: / { cov = $4 } END { print n " executions, " cov " edges" }' "$log")
		echo "ok fuzz-$name: $stat"
	else
		echo "FAIL fuzz-$name: $(grep -m1 -E 'not so:|ERROR:|runtime error:' "$log"); $(grep -o "$BUILD/found/[^ ]*" "$log" | tail -1)"
		grep -A12 -E 'not so:|ERROR:|runtime error:' "$log" | head -30 | sed 's/^/    /'
	fi
}
export -f run_one

printf '%s\n' "$@" | xargs -P "${JOBS:-$(nproc)}" -I{} bash -c 'run_one {}' | tee "$BUILD/results"
failed=$(grep -c '^FAIL ' "$BUILD/results")
echo "$(grep -c '^ok ' "$BUILD/results") passed, $failed failed, 0 skipped"
[ "$failed" = 0 ]
