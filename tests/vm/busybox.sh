#!/bin/bash
# busybox.sh ARCH - has a static busybox of Debian's in the cache and prints its path.
set -eu
. "$(dirname "$0")/vm.sh.inc"
arch=$1
file=$CACHE/busybox-$arch
mkdir -p "$CACHE"
exec 9>"$CACHE/lock"
flock 9
if [ ! -x "$file" ]; then
	tree=$(mktemp -d)
	trap 'rm -rf "$tree"' EXIT
	apt_state "$CACHE/apt" "$arch" "$(own_codename)" || die "APT has no lists for $arch"
	apt_unpack "$tree" busybox-static || die "cannot download busybox-static for $arch"
	cp "$(find "$tree" -type f -path '*/bin/busybox' | head -1)" "$file.tmp"
	mv "$file.tmp" "$file"
fi
echo "$file"
