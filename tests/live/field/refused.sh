#!/bin/bash
# What stands in the way is named: a filter of system calls, symbols that cannot be read. Names that a compiler made of
# the function's are the function.
. "$(dirname "$0")/../live.sh.inc"
can_trace field-refused || exit 0

# ---- a filter of system calls answers bpf(2) ----

cat >"$WORK/filter.py" <<'END2'
import ctypes, os, struct, sys
bpf = {'x86_64': 321, 'aarch64': 280}[os.uname().machine]
prog = [(0x20, 0, 0, 0), (0x15, 0, 1, bpf), (0x06, 0, 0, 0x00050000 | int(sys.argv[1])), (0x06, 0, 0, 0x7fff0000)]
code = ctypes.create_string_buffer(b''.join(struct.pack('HBBI', *i) for i in prog))
fprog = ctypes.create_string_buffer(struct.pack('HxxxxxxP', len(prog), ctypes.addressof(code)))
assert not ctypes.CDLL(None).prctl(22, 2, fprog, 0, 0)
os.execvp(sys.argv[2], sys.argv[2:])
END2
if command -v python3 >/dev/null; then
	for errno in 1 38 13; do
		for command in "hist -d 0.1" "stuck" "report $WORK/page.html"; do
			# shellcheck disable=SC2086 # words
			timeout 20 python3 "$WORK/filter.py" $errno "$TCPDWELL" $command >"$WORK/out" 2>"$WORK/err"
			if one_error seccomp "$WORK/err" && ! grep -q 'kernel has no BPF' "$WORK/err"; then
				ok "field-seccomp-$errno-${command%% *}" "$(tail -1 "$WORK/err")"
			else
				fail "field-seccomp-$errno-${command%% *}" "$(cat "$WORK/err")"
			fi
		done
	done
fi

# ---- /proc/kallsyms ----

# timer_way FILE COMMAND...: what `features` says of the way by timers with FILE in the place of /proc/kallsyms, or after COMMAND.
timer_way() {
	unshare -m sh -c "$1"' && exec "$TCPDWELL" features -f json' sh "${@:2}" 2>"$WORK/err" |
		jq -r 'select(.feature == "time-wait") | .ways[] | select(.way == "timer") | "\(.status): \(.why); cure: \(.cure)"'
}
# shellcheck disable=SC2016 # for sh
over='mount --bind "$1" /proc/kallsyms'
: >"$WORK/empty"
printf '\n\n' >"$WORK/lines"
for case in "empty:$over" "lines:$over" "null:mount --bind /dev/null /proc/kallsyms" \
	"missing:mount -t tmpfs t /proc && mkdir /proc/self && touch /proc/self/status"; do
	way=$(timer_way "${case#*:}" "$WORK/${case%%:*}")
	case $way in
	*KPROBES* | *"does not have"*) fail "field-kallsyms-${case%%:*}" "$way" ;;
	*"cannot be read: /proc/kallsyms"*) ok "field-kallsyms-${case%%:*}" "$way" ;;
	*) fail "field-kallsyms-${case%%:*}" "$way: $(cat "$WORK/err")" ;;
	esac
done
can=$(timer_way true)
for suffix in .llvm.1234567890 .llvm.0 .cold .isra.0 r; do
	sed "s/ tw_timer_handler\$/ tw_timer_handler$suffix/" /proc/kallsyms >"$WORK/named"
	way=$(timer_way "$over" "$WORK/named")
	case $suffix in
	.llvm.*) wanted=$can ;;
	*) wanted="refused: this kernel does not have it*" ;;
	esac
	# shellcheck disable=SC2053 # a pattern
	[[ $way = $wanted ]] && ok "field-kallsyms-name-$suffix" "$way" || fail "field-kallsyms-name-$suffix" "$way"
done
