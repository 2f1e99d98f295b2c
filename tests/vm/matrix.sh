#!/bin/bash
# matrix.sh [KERNEL...] - all kernels of kernels.txt, or these, two at a time: every result, a table of kernel x way,
# and one line: N passed, N failed, N skipped. The table alone is left in the cache as results/matrix.txt.
# TCPDWELL_VM_TESTS: only these tests; FULL=1: every way on every kernel, not on two of them; JOBS: how many machines at
# a time.
set -u
. "$(dirname "$0")/vm.sh.inc"
cd "$TOP" || exit 1

results=$(mktemp -d "${TMPDIR:-/tmp}/tcpdwell-matrix.XXXXXX")
trap 'rm -rf "$results"' EXIT
kernels=("$@")
[ $# != 0 ] || readarray -t kernels < <(kernel_names)

# shellcheck disable=SC2153
for arch in $(for kernel in "${kernels[@]}"; do kernel_line "$kernel" && static_arch "$ARCH"; done | sort -u); do
	${MAKE:-make} -s static ARCH="$arch" || echo "FAIL static/$arch: cannot be built" >"$results/static-$arch"
done

run_one() {
	local first=()
	kernel_line "$1"
	[ -n "$ALL_WAYS" ] || first=(-w "${WAYS%%,*}")
	# shellcheck disable=SC2086
	"$VM/run.sh" "${first[@]}" "$1" ${TCPDWELL_VM_TESTS:-} >"$results/$1.part" 2>"$results/$1.err" ||
		grep -qE '^FAIL ' "$results/$1.part" || echo "FAIL $1/machine: $(tail -n 1 "$results/$1.err")" >>"$results/$1.part"
	mv "$results/$1.part" "$results/$1"
	echo "== $1"
	grep -v '^summary ' "$results/$1"
}

for kernel in "${kernels[@]}"; do
	while [ "$(jobs -rp | wc -l)" -ge "${JOBS:-2}" ]; do
		wait -n
	done
	run_one "$kernel" &
done
wait

# The mirror may come to offer the same version for two rows.
# shellcheck disable=SC2046
awk '$1 == "summary" && match($0, /version=[^ ]+/) {
		version = substr($0, RSTART + 8, RLENGTH - 8)
		if (version in first && first[version] != $2 && !told[$2]++ && version != "none")
			print "skip " $2 "/machine: the same version as " first[version] ", " version
		else if (!(version in first))
			first[version] = $2
	}' $(for kernel in "${kernels[@]}"; do echo "$results/$kernel"; done) | tee "$results/duplicates"

table() {
	printf '%-13s %-30s %-8s %7s %7s %8s\n' kernel version way passed failed skipped
	for kernel in "${kernels[@]}"; do
		awk '$1 == "summary" {
			for (i = 4; i <= NF; i++) { split($i, pair, "="); value[pair[1]] = pair[2] }
			printf "%-13s %-30s %-8s %7d %7d %8d\n", $2, value["version"], $3,
				value["passed"], value["failed"], value["skipped"]
		}' "$results/$kernel"
	done
}
echo
table | tee "$CACHE/results/matrix.txt"
echo
count() { cat "$results"/* | grep -c "^$1 "; }
failed=$(count FAIL)
echo "$(count ok) passed, $failed failed, $(count skip) skipped"
[ "$failed" = 0 ]
