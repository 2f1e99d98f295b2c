#!/bin/bash
# btf-names.sh [BTF...] - does every field of vmlinux/vmlinux.h exist, under that name in that type, in real kernels?
# Default: this machine's BTF and those that fetch.sh left in the cache. A field, or a struct, may be missing if
#   - its line in vmlinux.h says "since N.N" and the kernel is older, or "until N.N" and it is not older: the programs
#     ask bpf_core_field_exists(). Of a BTF outside of the cache the version is unknown, and both are believed;
#   - a flavour, `struct NAME___WHY` in vmlinux.h or bpf/flavors.bpf.h, has a field that this kernel has instead.
# Types outside of the region of preserve_access_index, such as struct pt_regs, are ABI: not looked for.
# Prints what is missing, a line a struct, and how many are there; exit 1 if something is that may not be.
set -u
cd "$(dirname "$0")/../.." || exit 1
[ $# != 0 ] || set -- /sys/kernel/btf/vmlinux "${TCPDWELL_VM_CACHE:-build/vm-cache}"/kernels/*/btf
work=$(mktemp -d "${TMPDIR:-/tmp}/tcpdwell-btf.XXXXXX")
trap 'rm -rf "$work"' EXIT
BPFTOOL=${BPFTOOL:-$(PATH=$PATH:/usr/sbin:/usr/local/sbin command -v bpftool)}

# members FILE: "KIND NAME MEMBER" of each type in a raw dump of BTF, with the members of nameless structs and unions
# inside counted as their owner's, as CO-RE does. A typedef of a nameless struct counts as the struct.
members() {
	awk '
	/^\[[0-9]+\] (STRUCT|UNION|TYPEDEF) / {
		id = substr($1, 2, length($1) - 2)
		name = $3
		gsub(/\047/, "", name)
		if ($2 == "TYPEDEF") {
			split($4, target, "=")
			alias[id] = name
			aliased[id] = target[2]
			id = ""
		} else {
			names[id] = name
			if ($2 == "UNION") union[id] = 1
		}
		next
	}
	/^\[/ { id = ""; next }
	id != "" && $2 ~ /^type_id=/ {
		member = $1
		gsub(/\047/, "", member)
		n = ++count[id]
		split($2, type, "=")
		member_name[id, n] = member
		member_type[id, n] = type[2]
	}
	function tell(owner, id,   i) {
		for (i = 1; i <= count[id]; i++)
			if (member_name[id, i] != "(anon)")
				print owner, member_name[id, i]
			else
				tell(owner, member_type[id, i])
	}
	END {
		for (id in names)
			if (names[id] != "(anon)")
				tell(names[id], id)
		for (id in alias)
			if (names[aliased[id]] == "(anon)")
				tell(alias[id], aliased[id])
	}' "$1" | sort -u
}

# What the header says, by the compiler's own reading of it: one BPF object that uses every struct.
wanted() {
	local source=$work/wanted.c
	{
		echo '#include "vmlinux.h"'
		{ relocated; cat bpf/flavors.bpf.h 2>/dev/null; } |
			awk '/^(struct|union) [a-z_0-9]+ \{/ || /^(struct|union) [a-z_0-9]+___[A-Za-z_0-9]+ \{/ { print $1, $2, "var_" ++n ";" }
				/^typedef struct [a-z_0-9]* ?\{/ { inside = 1 }
				inside && /^\} [a-z_0-9]+;/ { sub(/;/, "", $2); print $2, "var_" ++n ";"; inside = 0 }'
	} >"$source"
	if [ -e bpf/flavors.bpf.h ]; then
		sed -i '1a #include "flavors.bpf.h"' "$source"
	fi
	clang -target bpf -g -O2 -Ivmlinux -Ibpf "-I/usr/include/$(gcc -print-multiarch)" -c "$source" -o "$work/wanted.o" &&
		"$BPFTOOL" btf dump file "$work/wanted.o" format raw >"$work/wanted.raw" && members "$work/wanted.raw"
}

# relocated: the types of vmlinux.h that CO-RE finds in the kernel's own.
relocated() {
	awk '/#pragma clang attribute push/ { on = 1; next } /#pragma clang attribute pop/ { on = 0 } on' vmlinux/vmlinux.h
}

# optional: "NAME MEMBER since|until VERSION" of what vmlinux.h says to be there on some kernels only; MEMBER is '-' for
# the whole type.
optional() {
	relocated | awk '
		function told(member) {
			if (match(words, /(since|until) [0-9]+\.[0-9]+/))
				print name, member, substr(words, RSTART, RLENGTH)
		}
		{ words = $0 }
		/^(struct|union) .*\{/ { name = $2; told("-"); next }
		/^\} [a-z_0-9]+;/ { name = $2; sub(/;/, "", name); told("-"); next }
		/;/ { sub(/;.*/, ""); sub(/ : [0-9]+$/, ""); sub(/\[.*/, ""); sub(/.*[ *]/, ""); told($0) }'
}

# version_of BTF: "5.10"; nothing if that is not known.
version_of() {
	case $1 in
	/sys/kernel/btf/vmlinux) uname -r ;;
	*) cat "${1%/*}/version" 2>/dev/null ;;
	esac | grep -oE '^[0-9]+\.[0-9]+'
}

status=0 told=0
optional >"$work/optional"
if ! wanted >"$work/wanted"; then
	echo "FAIL btf-names: vmlinux.h cannot be read"
	exit 1
fi
for btf; do
	[ -s "$btf" ] || continue
	if ! "$BPFTOOL" btf dump file "$btf" format raw >"$work/raw" 2>/dev/null; then
		echo "skip btf-names: no BTF in $btf"
		continue
	fi
	members "$work/raw" >"$work/real"
	told=1
	awk -v btf="$btf" -v version="$(version_of "$btf")" '
		function number(text,   part) { split(text, part, "."); return part[1] * 1000 + part[2] }
		function may_lack(range, than) {
			if (version == "") return 1
			return range == "since" ? number(version) < number(than) : number(version) >= number(than)
		}
		FILENAME ~ /real$/ { has[$1, $2] = 1; type[$1] = 1; next }
		FILENAME ~ /optional$/ { if (may_lack($3, $4)) optional[$1, $2] = 1; next }
		{
			plain = $1
			if (sub(/___.*/, "", plain)) {
				if (has[plain, $2]) instead[plain] = instead[plain] " " $1 "." $2
				next
			}
			asked[$1] = 1
			if (has[$1, $2])
				right++
			else if (!optional[$1, $2])
				missing[$1] = missing[$1] " " $2
		}
		END {
			for (name in asked)
				if (!type[name]) {
					if (optional[name, "-"]) continue
					print "FAIL btf-names: there is no " name " in " btf
					bad = 1
				} else if (missing[name] != "" && instead[name] != "")
					print "ok btf-names: " name " has" instead[name] " instead of" missing[name] " in " btf
				else if (missing[name] != "") {
					print "FAIL btf-names: " name " lacks" missing[name] " in " btf
					bad = 1
				}
			print "ok btf-names: " right " fields are in " btf
			exit bad
		}' "$work/real" "$work/optional" "$work/wanted" || status=1
done
[ $told = 1 ] || echo "skip btf-names: no BTF of a kernel here"
exit $status
