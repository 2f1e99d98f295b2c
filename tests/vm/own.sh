#!/bin/bash
# own.sh SERIES CONFIG DIR - builds a kernel as no package of Debian's is, from Debian's source of that series and the
# options in CONFIG over a tinyconfig: leaves vmlinuz, config, version and an empty mod/ in DIR. Some ten minutes on two
# processors, and 2 GB beside DIR until it ends. Exit 75: there is no such source.
set -u
. "$(dirname "$0")/vm.sh.inc"

unset ARCH # Debian's name, in the environment: the kernel's make has others
series=${1%.} config=$2 dir=$3
${MAKE:-make} -s -C "$TOP" deps-kernel >&2 || exit 1
apt_state "$CACHE/apt" amd64 "$(own_codename)" || exit 1
apt-cache "${APT[@]}" show "linux-source-$series" >/dev/null 2>&1 || exit 75

tree=$dir.source
rm -rf "$tree"
trap 'rm -rf "$tree"' EXIT
apt_unpack "$tree" "linux-source-$series" && tar -C "$tree" -xf "$tree/usr/src/linux-source-$series.tar.xz" &&
	cd "$tree/linux-source-$series" || exit 1
{
	make -s tinyconfig && scripts/kconfig/merge_config.sh -m .config "$config" && make -s olddefconfig &&
		make -s -j"$(nproc)" bzImage
} >"$tree/log" 2>&1 || {
	tail -n 20 "$tree/log" >&2
	exit 1
}
# A tinyconfig drops without a word what depends on something else.
grep '=y$' "$config" | while read -r option; do
	grep -qx "$option" .config || die "$option cannot be had: something that it needs is not in $config"
done || exit 1
mkdir -p "$dir/mod" && mv arch/x86/boot/bzImage "$dir/vmlinuz" && mv .config "$dir/config" &&
	make -s kernelrelease >"$dir/version"
