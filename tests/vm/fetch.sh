#!/bin/bash
# fetch.sh [-u] KERNEL - has vmlinuz, config, version, btf and mod/*.ko of a kernel of kernels.txt in the cache, and
# prints their folder. One of our own (own.sh) has no btf and no modules. Downloads the newest package of its series, or, if the mirror lists one without having it,
# the next; -u also if the cache has one already. Exit 75: no suite has such a kernel (any more); 1: who knows, the
# mirror cannot be reached.
#
# Since 6.19 linux-image-* is empty: the kernel is in linux-binary-*, its config in linux-base-*, its modules in
# linux-modules-*.
set -u
. "$(dirname "$0")/vm.sh.inc"

MODULES=(inet_diag tcp_diag tun)
TRIES=8

# candidates SUITE: "VERSION SUITE" a line.
candidates() {
	apt_state "$CACHE/apt" "$ARCH" "$1" || return
	apt-cache "${APT[@]}" --names-only search "^linux-image-${SERIES//./\\.}.*-$ARCH\$" |
		awk -v suite="$1" -v flavour="$FLAVOUR" '
			{ of = $1 ~ /-cloud-/ ? "cloud" : $1 ~ /-rt-/ ? "rt" : "plain" }
			$1 ~ /^linux-image-[0-9]/ && of == flavour { sub("linux-image-", "", $1); print $1, suite }'
}

# packages VERSION: what holds it.
packages() {
	if apt-cache "${APT[@]}" show "linux-binary-$1" >/dev/null 2>&1; then
		echo "linux-binary-$1" "linux-base-$1" "linux-modules-$1"
	else
		echo "linux-image-$1"
	fi
}

# take TREE VERSION DIR: what we need, out of the unpacked packages. Modules plain, as busybox's insmod wants them.
take() {
	local tree=$1 version=$2 dir=$3 module file
	mkdir -p "$dir/mod"
	mv "$(find "$tree" -name "vmlinuz-$version" -o -path "*/$version/vmlinuz" | head -1)" "$dir/vmlinuz" || return 1
	mv "$(find "$tree" -name "config-$version" -o -path "*/$version/config" | head -1)" "$dir/config" || return 1
	for module in "${MODULES[@]}"; do
		file=$(find "$tree" -name "$module.ko*" | head -1)
		case $file in
		*.xz) xz -dc "$file" >"$dir/mod/$module.ko" ;;
		*.zst) zstd -dqc "$file" >"$dir/mod/$module.ko" ;;
		?*) cp "$file" "$dir/mod/" ;;
		esac || return 1
	done
	extract_btf "$dir/vmlinuz" >"$dir/btf" || echo "fetch.sh: $version: no BTF found in vmlinuz" >&2
	echo "$version" >"$dir/version"
}

# extract_btf VMLINUZ: the kernel's own BTF, for bpftool and btf-names.sh. It is found by its header, in the image or in
# what is compressed inside.
extract_btf() {
	local magic tool at image
	image=$(mktemp) || return 1
	while read -r magic tool; do
		for at in 1 $(LC_ALL=C grep -obUaP "$magic" "$1" | cut -d: -f1 | awk '{ print $1 + 1 }'); do
			tail -c "+$at" "$1" | $tool >"$image" 2>/dev/null
			at=$(LC_ALL=C grep -obUaP -m1 '\x9f\xeb\x01\x00\x18\x00\x00\x00\x00\x00\x00\x00' "$image" | head -1 | cut -d: -f1)
			if [ -n "$at" ]; then
				# 24 bytes of header, then as far as its strings reach (offset and length are its last words).
				tail -c "+$((at + 1))" "$image" | head -c "$((24 + $(word "$image" $((at + 16))) + $(word "$image" $((at + 20)))))"
				rm -f "$image"
				return 0
			fi
		done
	done <<-'TOOLS'
		\x28\xb5\x2f\xfd zstd -dcq
		\xfd7zXZ\x00 xz -dcq --single-stream
		\x02\x21\x4c\x18 lz4 -dcq
		\x1f\x8b\x08 gzip -dcq
		^MZ cat
	TOOLS
	rm -f "$image"
	return 1
}

# word FILE OFFSET: the 32 bits there.
word() { od -An -tu4 -j "$2" -N 4 "$1"; }

fetch() {
	local dir=$1 new=$1.new version suite list tree=$1.tree tried=0
	list=$(for suite in ${SUITES//,/ }; do candidates "$suite"; done | sort -Vru)
	while read -r version suite && [ -n "$version" ] && [ "$((tried++))" -lt $TRIES ]; do
		if [ "$(cat "$dir/version" 2>/dev/null)" = "$version" ]; then
			return 0
		fi
		apt_state "$CACHE/apt" "$ARCH" "$suite" || continue
		rm -rf "$new" "$tree"
		# shellcheck disable=SC2046
		if apt_unpack "$tree" $(packages "$version") && take "$tree" "$version" "$new"; then
			rm -rf "$tree" "$dir"
			mv "$new" "$dir"
			echo "fetch.sh: $KERNEL is $version, from $suite" >&2
			return 0
		fi
		echo "fetch.sh: $version is listed in $suite but cannot be had" >&2
	done <<<"$list"
	rm -rf "$new" "$tree"
	mirror_answers && return 75
	echo "fetch.sh: the mirror cannot be reached" >&2
	return 1
}

# build DIR: what Debian has no package of.
build() {
	rm -rf "$1.new"
	"$VM/own.sh" "$SERIES" "$VM/${KERNEL#*-}.config" "$1.new" && rm -rf "$1" && mv "$1.new" "$1"
}

# The release that this machine itself runs is always there, so if its lists cannot be had it is not for the suite.
# Without Error-Mode APT calls old lists a success.
mirror_answers() {
	local codename
	codename=$(own_codename)
	rm -f "$CACHE/apt/$ARCH-$codename/updated"
	# shellcheck disable=SC2034
	APT_UPDATE=(-o APT::Update::Error-Mode=any -o Acquire::Retries=1)
	apt_state "$CACHE/apt" "$ARCH" "$codename"
}

update=
[ "${1-}" != -u ] || { update=1; shift; }
[ $# = 1 ] || die "usage: fetch.sh [-u] KERNEL"
kernel_line "$1" || die "'$1' is not in kernels.txt"
dir=$CACHE/kernels/$KERNEL
mkdir -p "$CACHE/kernels"
# One at a time: APT's state is shared.
exec 9>"$CACHE/lock"
flock 9
if [ -n "$update" ] || [ ! -s "$dir/version" ]; then
	get=fetch
	[ "$FLAVOUR" != own ] || get=build
	$get "$dir" || { status=$?; [ -s "$dir/version" ] || exit $status; }
fi
echo "$dir"
