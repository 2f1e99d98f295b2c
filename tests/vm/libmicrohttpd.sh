#!/bin/bash
# libmicrohttpd.sh DIR [HOST] - leaves libmicrohttpd.a without TLS, and its header, in DIR: built from Debian's source
# package with Debian's patches, for HOST (aarch64-linux-gnu; default: this machine). The archive that Debian packages
# wants GnuTLS, which cannot be linked statically: there is no static archive of p11-kit.
set -eu
. "$(dirname "$0")/vm.sh.inc"
dir=$(mkdir -p "$1" && cd "$1" && pwd) host=${2-}
sources=$(mktemp -d "${TMPDIR:-/tmp}/tcpdwell-sources.XXXXXX")
trap 'rm -rf "$sources"' EXIT
cd "$sources"

apt_state "$CACHE/apt" amd64 "$(own_codename)" deb-src || die "APT has no lists of sources"
apt-get "${APT[@]}" source --download-only libmicrohttpd || die "cannot download the source of libmicrohttpd"
# APT has verified the sources by the hashes in the signed lists; dpkg-source would ask for the uploader's key.
{
	dpkg-source --no-check -x libmicrohttpd_*.dsc source
	cd source
	./configure ${host:+"--host=$host"} --disable-shared --disable-https --disable-dauth --disable-bauth \
		--disable-postprocessor --disable-httpupgrade --disable-doc --disable-examples --disable-curl CFLAGS=-O2
	make -C src/microhttpd libmicrohttpd.la
} >"$sources/log" 2>&1 || { tail -20 "$sources/log" >&2; die "cannot build libmicrohttpd"; }
cp src/include/microhttpd.h src/microhttpd/.libs/libmicrohttpd.a "$dir"
