#!/bin/bash
# run.sh [OPTIONS] KERNEL [TEST...] - boots a kernel of kernels.txt under qemu and runs the tests in it, with the
# static tcpdwell and nothing else.
#
#   -s        leave an interactive shell instead ('exit' or Ctrl-A X ends it)
#   -u        look for a newer package of that series first
#   -w WAYS   only these ways of seeing mini-sockets, e.g. fentry,timer (default: all)
#   -r        real time, for all tests. Without: the clock is the count of the processors' instructions, so that waiting
#             costs nothing and a busy host changes no result
#   -x FILE   run this script (busybox sh) in the guest instead, and print what it says
#   -k        keep the folder with the initramfs and the console
#   -v        print the guest's notes too (always kept in the cache, as results/KERNEL.log)
#
# TEST: features verifier accept clock truth-ipv4 truth-ipv6 truth-mapped time-wait churn counters nested hotplug
#       alone (default: all).
# On stdout "ok|FAIL|skip KERNEL/WAY/TEST: ...", then for each way
#   summary KERNEL WAY passed=N failed=N skipped=N version=V seconds=S
# (WAY is '-' for what belongs to none). Exit 1 if anything failed. No KVM even if there is one: that keeps
# every run the same.
#
# Each program's cost before the verifier is compared with verifier/KERNEL.txt; UPDATE=1 in the environment rewrites
# that file from what this kernel says.
set -u
. "$(dirname "$0")/vm.sh.inc"

ALL_TESTS="features verifier accept clock truth-ipv4 truth-ipv6 truth-mapped time-wait churn counters nested hotplug alone"
TIMEOUT=${TCPDWELL_VM_TIMEOUT:-1200}
# These have a machine of their own, in real time and with a thread a processor: they wait for nothing, and get what no
# counted clock has, processors that run at the same time. And they must: if one processor of three spins and instructions
# are counted, qemu 7.2 may run another no more. On 7.3 a starting processor measured its delay loop, the first waited
# for a lock, and the third, which held it, got not one instruction in minutes.
REAL_TESTS="hotplug"

fail() {
	echo "FAIL $KERNEL/$1: ${*:2}"
	failed=1
}

# make_initramfs DIR TESTS WAYS: the machine's whole file system, as DIR/initramfs.
make_initramfs() {
	local root=$1/root busybox
	busybox=$("$VM/busybox.sh" "$ARCH") || return 1
	mkdir -p "$root"/{bin,proc,sys,dev,tmp} || return 1
	cp "$busybox" "$root/bin/busybox"
	cp "$built"/{tcpdwell,traffic,verify,verifier} "$root/bin/" || return 1
	cp "$built/tcpdwell.bpf.o" "$root/" || return 1
	cp -r "$kernel_dir"/mod "$root/" || return 1
	cp "$VM/guest.sh" "$root/init"
	mkdir "$root/live" || return 1
	cp "$VM"/../live/witness.sh.inc "$VM"/../live/w*.awk "$root/live/" || return 1
	chmod 755 "$root/init" "$root"/bin/*
	[ -z "$script" ] || cp "$script" "$root/script" || return 1
	# shellcheck disable=SC2153
	cat >"$root/vm.conf" <<-CONF
		KERNEL='$KERNEL' TESTS='$2' WAYS='${3//,/ }' MUST='$WAYS' INTERACTIVE='$interactive'
	CONF
	(cd "$root" && find . | cpio -o -H newc --quiet | gzip -1) >"$1/initramfs"
}

# boot DIR REAL: runs the machine until it powers off; REAL is '' for a counted clock.
boot() {
	local qemu console clock real=$2
	case $ARCH in
	arm64) qemu=(qemu-system-aarch64 -M virt -cpu 'max,pauth-impdef=on') console=ttyAMA0 ;;
	*) qemu=(qemu-system-x86_64 -cpu max) console=ttyS0 ;;
	esac
	if [ -n "$real" ] || [ -n "$interactive" ]; then
		clock=(-accel "tcg,thread=multi")
	else
		clock=(-accel "tcg,thread=single" -icount "shift=${TCPDWELL_VM_SHIFT:-3},sleep=off")
	fi
	# The guest starts the other processors. By themselves kernels before 6.5 wait for ever for one whose instructions
	# are counted.
	qemu+=("${clock[@]}" -smp 3 -m 512M -nodefaults -display none -no-reboot -kernel "$kernel_dir/vmlinuz"
		-initrd "$1/initramfs" -append "console=$console panic=-1 quiet maxcpus=1")
	if [ -n "$interactive" ]; then
		"${qemu[@]}" -serial mon:stdio >&3
		return
	fi
	timeout -k 5 "$TIMEOUT" "${qemu[@]}" -serial stdio </dev/null >"$1/console.raw" 2>&1
	status=$?
	tr -d '\r' <"$1/console.raw" >"$1/console"
}

# report DIR: the results on the console, or why there are none.
report() {
	if [ -n "$verbose" ]; then
		grep -aoE '(RESULT|NOTE) .*' "$1/console" | sed 's/^RESULT //'
	else
		# The explanation of a failure is the note after it.
		grep -aoE '(RESULT .*|NOTE     \^.*)' "$1/console" | sed -e 's/^RESULT //' -e 's/^NOTE//'
	fi
	grep -aq '^RESULT FAIL' "$1/console" && failed=1
	if ! grep -aq '^END' "$1/console"; then
		fail machine "it $([ "$status" = 124 ] && echo "did not end within $TIMEOUT s" || echo "died"); its last words:"
		tail -n 15 "$1/console" | sed 's/^/    /'
	elif [ -z "$script" ] && ! grep -aq '^RESULT' "$1/console"; then
		fail machine "no result"
	fi
}

# has_died CONSOLE: of itself, and not because time was up. The emulated processor is not without faults: 6.18 died once in
# __kmalloc_node_track_caller_noprof(), behind a cmpxchg16b, with an address in its flags (qemu 7.2); the same run then
# passed. A kernel that we make die does so again.
has_died() { [ "$status" != 124 ] && ! grep -aq '^END' "$1"; }

# machine NAME REAL TESTS WAYS: one from power on to power off, in $dir/NAME.
machine() {
	mkdir "$dir/$1"
	make_initramfs "$dir/$1" "$3" "$4" || { fail machine "cannot make an initramfs"; return; }
	boot "$dir/$1" "$2"
	[ -z "$interactive" ] || return
	if has_died "$dir/$1/console"; then
		echo "run.sh: $KERNEL died, and is started once more: $(grep -aE -m 1 'BUG|Oops|panic' "$dir/$1/console")" >&2
		cat "$dir/$1/console" >>"$dir/log"
		boot "$dir/$1" "$2"
	fi
	report "$dir/$1"
	cat "$dir/$1/console" >>"$dir/log"
}

# golden FILE: FILE, with the verifier's results compared with what is recorded. Another version of the kernel, or
# another compiler, may differ by less than TOLERANCE percent; 'refused' and 'unattachable' have to stay what they are.
TOLERANCE=10
golden() {
	local file=$VM/verifier/$KERNEL.txt recorded now
	now="$version, $(clang --version | sed -n 's/.*\(clang\) version \([0-9.]*\).*/\1 \2/p')"
	if ! grep -qE "^(ok|skip) $KERNEL/verifier: " "$1"; then
		cat "$1"
		return
	fi
	if [ -n "${UPDATE-}" ]; then
		mkdir -p "${file%/*}"
		{
			echo "# $now"
			sed -nE "s|^ok $KERNEL/verifier: ([a-z_0-9]+): ([0-9?]+) instructions\$|\1 \2|p
				s#^skip $KERNEL/verifier: ([a-z_0-9]+) (refused|unattachable): ([0-9]+).*#\1 \2 \3#p" "$1"
		} >"$file"
		echo "run.sh: wrote $file" >&2
	fi
	[ -e "$file" ] && recorded=$file || recorded=/dev/null
	awk -v now="$now" -v kernel="$KERNEL" -v tolerance="$TOLERANCE" -v path="tests/vm/verifier/$KERNEL.txt" '
		function tell(verdict, program, text) { print verdict " " kernel "/verifier: " program ": " text }
		# A program: what it costs here and what is recorded; of a refusal also why.
		function compare(program, new, why,   old, percent) {
			old = recorded[program]
			seen[program] = 1
			if (old == "")
				tell("FAIL", program, words(new) ", not in " path (why == "" ? "" : ":" why))
			else if (new == old && new ~ /^[0-9]/)
				tell("ok", program, words(new) ", as recorded")
			else if (new == old)
				tell("skip", program, new ", as recorded:" why)
			else if (then == now || new !~ /^[0-9]+$/ || old !~ /^[0-9]+$/)
				tell("FAIL", program, words(new) ", recorded: " words(old) (then == now ? "" : ", on " then) (why == "" ? "" : ":" why))
			else {
				percent = (new - old) * 100 / old
				tell(percent * percent < tolerance * tolerance ? "ok" : "FAIL", program,
					sprintf("%s, %+.1f %% against %s on %s", words(new), percent, old, then))
			}
		}
		function words(cost) { return cost ~ /^[0-9]+$/ ? cost " instructions" : cost }
		FILENAME == ARGV[1] && /^# / { then = substr($0, 3); next }
		FILENAME == ARGV[1] { program = $1; sub(/^[^ ]+ /, ""); recorded[program] = $0; next }
		$2 == kernel "/verifier:" && $5 == "instructions" {
			sub(/:$/, "", $3)
			compare($3, $4)
			next
		}
		$2 == kernel "/verifier:" && $4 ~ /^(refused|unattachable):$/ {
			sub(/:$/, "", $4)
			why = ""
			for (i = 6; i <= NF; i++)
				why = why " " $i
			compare($3, $4 " " $5, why)
			next
		}
		{ print }
		END {
			for (program in recorded)
				if (!(program in seen))
					tell("FAIL", program, "gone, recorded: " words(recorded[program]))
		}' "$recorded" "$1"
}

# summaries FILE: a line a way, of the results in FILE.
summaries() {
	awk -v kernel="$KERNEL" -v rest="version=$version seconds=$SECONDS" '
		$1 ~ /^(ok|FAIL|skip)$/ {
			name = $2
			sub(/:$/, "", name)
			n = split(name, part, "/")
			way = "-"
			if (n > 2 || part[2] ~ /^(auto|fentry|kprobe|timer|sample)$/) way = part[2]
			if (!(way in seen)) order[++ways] = way
			seen[way] = 1
			count[way, $1]++
		}
		END {
			for (i = 1; i <= ways; i++)
				printf "summary %s %s passed=%d failed=%d skipped=%d %s\n", kernel, order[i],
					count[order[i], "ok"], count[order[i], "FAIL"], count[order[i], "skip"], rest
		}' "$1"
}

interactive='' script='' update='' ways='' real='' keep='' verbose='' failed=0 version=none
while getopts sux:w:rkv option; do
	case $option in
	s) interactive=1 ;;
	u) update=-u ;;
	x) script=$OPTARG verbose=1 ;;
	w) ways=$OPTARG ;;
	r) real=1 ;;
	k) keep=1 ;;
	v) verbose=1 ;;
	*) exit 2 ;;
	esac
done
shift $((OPTIND - 1))
[ $# -ge 1 ] || die "usage: run.sh [-s] [-u] [-x FILE] [-w WAYS] [-r] [-k] [-v] KERNEL [TEST...]"
kernel_line "$1" || die "'$1' is not in kernels.txt; there are: $(kernel_names | tr '\n' ' ')"
shift
read -ra tests <<<"${*:-$ALL_TESTS}"
for test in "${tests[@]}"; do
	[[ " $ALL_TESTS " == *" $test "* ]] || die "no test '$test'; there are: $ALL_TESTS"
done

dir=$(mktemp -d "${TMPDIR:-/tmp}/tcpdwell-vm.XXXXXX")
[ -n "$keep" ] && echo "run.sh: $dir" >&2 || trap 'rm -rf "$dir"' EXIT
mkdir -p "$CACHE/results"

run() {
	local built counted=() timed=() test
	built=$TOP/build/static/$(static_arch "$ARCH")
	[ -x "$built/tcpdwell" ] || { fail machine "$built/tcpdwell is not there: make static ARCH=$(static_arch "$ARCH")"; return; }
	# shellcheck disable=SC2086
	kernel_dir=$("$VM/fetch.sh" $update "$KERNEL")
	case $? in
	0) ;;
	75) echo "skip $KERNEL/machine: no package of series '$SERIES' in $SUITES"; return ;;
	*) fail machine "cannot fetch it"; return ;;
	esac
	version=$(cat "$kernel_dir/version")
	SECONDS=0
	if [ -n "$real$interactive$script" ]; then
		machine only "$real" "${tests[*]}" "$ways"
	else
		for test in "${tests[@]}"; do
			if [[ " $REAL_TESTS " == *" $test "* ]]; then timed+=("$test"); else counted+=("$test"); fi
		done
		[ ${#counted[@]} = 0 ] || machine counted '' "${counted[*]}" "$ways"
		# One way will do.
		ways=${ways:-$WAYS}
		[ ${#timed[@]} = 0 ] || machine real 1 "${timed[*]}" "${ways%%,*}"
	fi
	[ -n "$interactive" ] || cp "$dir/log" "$CACHE/results/$KERNEL.log"
}

run 3>&1 >"$dir/told"
golden "$dir/told" >"$dir/results"
grep -q '^FAIL ' "$dir/results" && failed=1
cat "$dir/results"
summaries "$dir/results"
[ $failed = 0 ]
