#!/bin/bash
# sysroot.sh DIR ARCH PACKAGE... - unpacks Debian packages of another architecture into DIR, for cross-building:
# downloaded with an APT of its own, so the system's packages and its idea of architectures stay as they are.
set -eu
. "$(dirname "$0")/vm.sh.inc"
dir=$1 arch=$2
shift 2
rm -rf "$dir" "$dir.tmp"
apt_state "$CACHE/apt" "$arch" "$(own_codename)" || die "APT has no lists for $arch"
apt_unpack "$dir.tmp" "$@" || die "cannot download for $arch: $*"
mv "$dir.tmp" "$dir"
