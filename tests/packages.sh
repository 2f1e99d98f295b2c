#!/bin/bash
# packages.sh WHY PACKAGE... -- FILE... - if one of the files is missing, installs the packages that are not installed,
# and says so in one line. Otherwise APT is not asked: a built tree works without a network. Exit 1 if a package cannot be
# had; the others are installed all the same.
set -u
why=$1 wanted=() missing=()
shift
while [ $# -gt 0 ] && [ "$1" != -- ]; do
	[ "$(dpkg-query -Wf '${db:Status-Status}' "$1" 2>/dev/null)" = installed ] || wanted+=("$1")
	shift
done
for file in "${@:2}"; do
	[ -e "$file" ] || missing+=("$file")
done
[ ${#missing[@]} -gt 0 ] && [ ${#wanted[@]} -gt 0 ] || exit 0

if [ "$(id -u)" != 0 ]; then
	echo "error: packages are missing ($why), and only root can install them: ${wanted[*]}" >&2
	echo "hint: sudo apt-get install --no-install-recommends ${wanted[*]}" >&2
	exit 1
fi

log=$(mktemp) || exit 1
trap 'rm -f "$log"' EXIT
# Quiet as long as all is well. Another APT may be at work: wait for it.
apt() { DEBIAN_FRONTEND=noninteractive apt-get -qq -o DPkg::Lock::Timeout=300 "$@" >"$log" 2>&1; }

echo "installing ${wanted[*]} ($why)"
apt update || cat "$log" >&2
apt install -y --no-install-recommends "${wanted[@]}" && exit
failed=()
for package in "${wanted[@]}"; do
	apt install -y --no-install-recommends "$package" && continue
	failed+=("$package")
	grep '^E: ' "$log" >&2 || tail -5 "$log" >&2
done
[ ${#failed[@]} = 0 ] && exit
echo "error: cannot install: ${failed[*]}" >&2
exit 1
