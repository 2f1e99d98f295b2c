#!/bin/bash
# lint.sh BUILD SOURCE... - what tools can say of the sources: format, clang-tidy, cppcheck, shellcheck, the man
# page, that includes go down only, that the kernel types we declare are those of real kernels, and that the programs
# compile for other machines.
set -u
cd "$(dirname "$0")/.." || exit 1
build=$1
shift
status=0

# run NAME COMMAND...
run() {
	local name=$1
	shift
	if "$@" >/tmp/tcpdwell-lint.$$ 2>&1; then
		echo "lint: $name: clean"
	else
		echo "lint: $name:"
		grep -vE '^[0-9]+ warnings? generated' /tmp/tcpdwell-lint.$$ | head -60
		status=1
	fi
	rm -f /tmp/tcpdwell-lint.$$
}

user=$(printf '%s\n' "$@" | grep '^user/.*\.c$')
# Without what is compiled for the kernel, and what needs its skeleton.
tests=$(printf '%s\n' "$@" | grep '^tests/.*\.c$' | grep -vE '^tests/bench/empty')
flags=(-std=gnu11 -D_GNU_SOURCE '-DTCPDWELL_VERSION="0"' -iquote bpf -iquote user -iquote tests/unit -isystem "$build")

# shellcheck disable=SC2086
tidy() {
	printf '%s\n' $user $tests | xargs -P2 -I{} clang-tidy --quiet '--warnings-as-errors=*' {} -- "${flags[@]}"
}

# Only user/kernel may know libbpf and the skeleton, only http its library.
libraries_have_one_room() {
	! grep -lE '#include [<"](bpf/|tcpdwell\.skel)' user/*.[ch] user/*/*.[ch] | grep -v '^user/kernel/' | grep . &&
		! grep -l '#include <microhttpd' user/*/*.[ch] | grep -v '^user/serve/http\.c' | grep .
}
# Only screen may know the terminal.
one_screen() { ! grep -lE '#include <(curses|ncurses|term)\.h>' user/*/*.[ch] | grep -vx user/top/screen.c | grep .; }
one_voice() { ! grep -nE '\(stderr|, stderr' user/*.c user/*/*.c | grep -v '^user/base/diag.c' | grep .; }

# A name that is no identifier, and no kernel takes the BTF.
btf_names_are_names() {
	PATH=$PATH:/usr/sbin bpftool btf dump file "$build/tcpdwell.bpf.o" >/dev/null &&
		! PATH=$PATH:/usr/sbin bpftool btf dump file "$build/tcpdwell.bpf.o" | grep -E "(VAR|FUNC) '[^']*[^A-Za-z0-9_'][^']*'"
}

# The programs compile where they know no registers, and for the other byte order.
every_machine() {
	local flags=(-O2 -Wall -Wextra -Wno-unused-parameter -Werror -mcpu=v3 -fsyntax-only -Ivmlinux -Ibpf
		"-I/usr/include/$(gcc -print-multiarch)")
	clang -target bpfel "${flags[@]}" bpf/tcpdwell.bpf.c && clang -target bpfeb "${flags[@]}" bpf/tcpdwell.bpf.c
}

run clang-format clang-format --dry-run -Werror "$@"
run clang-tidy tidy
# shellcheck disable=SC2086
run cppcheck cppcheck --quiet --error-exitcode=1 --std=c11 --enable=warning,performance,portability \
	--inline-suppr --suppress=missingIncludeSystem --suppress=unknownMacro -D_GNU_SOURCE '-DTCPDWELL_VERSION="0"' -Ibpf -Iuser $user
run shellcheck sh -c "git ls-files -co --exclude-standard '*.sh' '*.inc' .ci/run | xargs shellcheck"
run man-page mandoc -T lint -W warning man/tcpdwell.8
run includes tests/includes.sh
run one-library libraries_have_one_room
run one-screen one_screen
run one-voice one_voice
run btf-names tests/vm/btf-names.sh
run own-btf btf_names_are_names
run every-machine every_machine
exit $status
