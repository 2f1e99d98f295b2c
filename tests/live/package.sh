#!/bin/bash
# The Debian package: `make deb` builds it from what is here, lintian has nothing to say, it installs and runs, is not
# enabled or started, and leaves nothing behind when purged. It is installed where this runs, if it is not there already:
# in mount namespaces of its own it would not be known whether dpkg removed everything.
. "$(dirname "$0")/live.sh.inc"
TOP=$TESTS/..
VERSION=$(sed -n 's/^VERSION := //p' "$TOP/Makefile")

is_privileged || { skip package "must be root to install"; exit 0; }
needs package dh dpkg-buildpackage lintian systemd-analyze || exit 0
if dpkg-query -W tcpdwell >/dev/null 2>&1 || [ -e /usr/sbin/tcpdwell ]; then
	skip package "a tcpdwell is installed here, which stays as it is"
	exit 0
fi

# Unit tests and all else run beside this one.
# Not as `make check SAN=1` is made.
DEB_BUILD_OPTIONS=nocheck env -u MAKEFLAGS -u MAKEOVERRIDES make -C "$TOP" -s deb >"$WORK/make.log" 2>&1 && ok package "make deb, lintian content" ||
	{ fail package "make deb: $(grep -E '^[EW]: |rror' "$WORK/make.log" | head -5) $(tail -3 "$WORK/make.log")"; exit 1; }
set -- "$TOP"/build/deb/tcpdwell_"$VERSION"-*_*.deb
deb=$1
[ $# = 1 ] && [ "$(dpkg-deb -f "$deb" Version)" = "$VERSION-1" ] && ok package "$(basename "$deb"), as VERSION says" ||
	fail package "packages are $*, VERSION is $VERSION"

depends=$(dpkg-deb -f "$deb" Depends)
ldd_says=$(dpkg-deb --fsys-tarfile "$deb" | tar -xO ./usr/sbin/tcpdwell >"$WORK/tcpdwell" && objdump -p "$WORK/tcpdwell" | awk '$1 == "NEEDED" && $2 !~ /^(libm|libc|ld-linux.*)\.so/ { print $2 }')
missing=
for library in $ldd_says; do
	package=$(dpkg -S "*/$library" | sed 's/:.*//; q')
	[[ $depends == *$package* ]] || missing+=" $library"
done
[ -n "$ldd_says" ] && [ -z "$missing" ] && ok package "depends on the libraries it is linked with: $depends" ||
	fail package "does not depend on$missing: $depends"

# Everything a package could touch, and what dpkg keeps of those that were removed.
state() {
	find /etc /usr /lib /var/lib/systemd /var/lib/dpkg/info -xdev \( -name '*tcpdwell*' -o -path '*tcpdwell*' \) ! -path '*/tests/*' 2>/dev/null | sort
	getent passwd | sort
	getent group | sort
	dpkg-query -W -f '${Package} ${db:Status-Abbrev}\n' '*tcpdwell*' 2>/dev/null
	find /etc/systemd /etc/default /etc/rc?.d /etc/init.d 2>/dev/null | sort
}
state >"$WORK/before"
on_exit 'dpkg --purge tcpdwell >/dev/null 2>&1'
check package "dpkg -i" dpkg -i "$deb"

/usr/sbin/tcpdwell --version | grep -qF "$VERSION" && ok package "the installed program runs: $(/usr/sbin/tcpdwell --version | head -1)" ||
	fail package "the installed program does not run"
plainly /usr/sbin/tcpdwell -r "$TESTS/golden/basic/in.rec" -f csv >"$WORK/csv" && [ "$(wc -l <"$WORK/csv")" -gt 1 ] &&
	ok package "replays a recording, as an ordinary user" || fail package "does not replay"
if can_trace package; then
	/usr/sbin/tcpdwell hist -q -d 0.2 >"$WORK/out" && ok package "traces: $(tail -1 "$WORK/out")" || fail package "does not trace"
fi
man -w tcpdwell >"$WORK/man" 2>/dev/null || dpkg -L tcpdwell | grep man8 >"$WORK/man"
grep -q 'man8/tcpdwell.8' "$WORK/man" && ok package "man page: $(cat "$WORK/man")" || fail package "no man page"
check package "the installed unit" systemd-analyze verify /lib/systemd/system/tcpdwell.service
[ ! -e /etc/systemd/system/multi-user.target.wants/tcpdwell.service ] && ok package "not enabled" || fail package "is enabled"
[ -z "$(dpkg -V tcpdwell)" ] && ok package "files are as packed" || fail package "dpkg -V: $(dpkg -V tcpdwell)"

# Settings outlive a removal, as the policy wants, and nothing outlives a purge.
check package "dpkg --remove" dpkg --remove tcpdwell
[ -e /etc/default/tcpdwell ] && [ ! -e /usr/sbin/tcpdwell ] && ok package "removed, /etc/default/tcpdwell stays" ||
	fail package "removed: $(find /etc/default /usr/sbin -name 'tcpdwell*')"
check package "dpkg --purge" dpkg --purge tcpdwell
state >"$WORK/after"
if diff "$WORK/before" "$WORK/after" >"$WORK/diff"; then
	ok package "purged, without a trace"
else
	fail package "left behind: $(tr '\n' ' ' <"$WORK/diff")"
fi
