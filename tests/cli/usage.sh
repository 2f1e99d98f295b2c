#!/bin/bash
# usage.sh - wrong command lines: status 2, one error that names what is wrong and what would be right, nothing on
# stdout, nothing done.
. "$(dirname "$0")/../lib.sh"
status=0
REC=$TESTS/golden/basic/in.rec

# refused NAME PATTERN ARGUMENT...: with exit status 2 and an error (or its hint) that matches.
refused() {
	local name=usage-$1 pattern=$2 got
	shift 2
	"$TCPDWELL" "$@" >"$WORK/out" 2>"$WORK/err" </dev/null
	got=$?
	if [ $got != 2 ]; then
		fail "$name" "status $got, not 2: tcpdwell $* : $(head -c 200 "$WORK/err")"
	elif [ -s "$WORK/out" ]; then
		fail "$name" "wrote to stdout: tcpdwell $*"
	elif ! one_error "$pattern" "$WORK/err"; then
		fail "$name" "$WHY"
	else
		ok "$name" "$ERROR"
		return
	fi
	status=1
}

# accepted NAME ARGUMENT...: a replay with it works.
accepted() {
	local name=usage-$1
	shift
	if "$TCPDWELL" -r "$REC" "$@" >"$WORK/out" 2>"$WORK/err"; then
		ok "$name" "accepted: $*"
	else
		fail "$name" "status $? for $*: $(head -c 200 "$WORK/err")"
		status=1
	fi
}

refused unknown-command "commands are trace" frobnicate
refused empty-command "commands are trace" ""
refused two-commands "after the command" trace hist
refused file-instead-of-command "commands are trace" "$REC"
refused unknown-option "help" --frobnicate
refused unknown-letter "'-z'" -z
refused ambiguous-option "help" --c 5
refused value-for-a-flag "takes no value" --quiet=1
refused write-and-read "exclude each other" -w "$WORK/x" -r "$REC"
refused raw-hist "trace" hist --raw -r "$REC"
refused option-of-another-command "features" features -L 80
for bad in "" : 9798 ::1 "[::1" 127.0.0.1:65536 127.0.0.1:x localhost:9798; do
	refused "serve-$bad" "ADDR:PORT" serve "$bad"
done
refused serve-two "after the command" serve 127.0.0.1:1 127.0.0.1:2
for option in "-r x" "-w x" "-d 1" "-i 1" "-f json" --raw --strict --watch; do
	# shellcheck disable=SC2086 # an option and its value
	refused "serve$option" "does not take" serve $option
done
refused families "exclude each other" -4 -6
for option in -L -D -P -a -p -c -u --netns --cgroup -s -m -b -d -i -f -w -r --buffer --max-connections --max-groups --ready-file; do
	refused "missing-value$option" "needs a value" "$option"
	refused "empty-value$option" "empty|not a duration|is none of|is no TCP|not within|no cgroup|not text" "$option" ""
done
for option in -L -D -P; do
	refused "port-0$option" "1-65535" $option 0
	refused "port-65536$option" "1-65535" $option 65536
	refused "port-negative$option" "." $option -1
	refused "port-trailing$option" "80x" $option 80x
	refused "port-huge$option" "." $option 99999999999999999999
	refused "port-reversed$option" "write 80-90" $option 90-80
	refused "port-open-range$option" "." $option 80-
	refused "port-empty-piece$option" "empty" $option 80,,81
	refused "port-name$option" "." $option http
done
for bad in 10.0.0.0/33 10.0.0.1/8 10.0.0 10.0.0.0/ ::/129 ::1/64 example.org '10.0.0.0/8,'; do
	refused "cidr-$bad" "." -a "$bad"
done
refused cidr-too-many "16" -a "$(seq -s, -f 10.0.0.%g 17)"
refused state-unknown "close-wait" -s fin-wait-3
refused state-empty-piece "empty" -s time-wait,
refused format "text, json or csv" -f xml
refused by "remote-port" -b colour
refused by-too-many "8" -b pid,pid,pid,pid,pid,pid,pid,pid,pid
refused comm-too-long "15 characters" -c sixteen-letters-
for bad in -1 1x 99999999999999999999 1.5 0x10 ' 1'; do
	refused "pid-$bad" "." -p "$bad"
	refused "uid-$bad" "." -u "$bad"
	refused "max-connections-$bad" "." --max-connections "$bad"
	refused "max-groups-$bad" "." --max-groups "$bad"
done
refused pid-0 "1-" -p 0
refused uid-nobody-can-be "." -u 4294967295
refused max-connections-0 "1-" --max-connections 0
refused max-groups-0 "1-" --max-groups 0
refused netns-unknown "ip netns" --netns no-such-namespace
refused netns-that-is-a-file "no network namespace" --netns /etc/passwd
refused netns-that-is-a-folder "no network namespace" --netns ..
refused cgroup-unknown "/sys/fs/cgroup" --cgroup no/such/group
refused cgroup-that-is-a-file "no cgroup" --cgroup /etc/passwd
for option in -d -i -m; do
	for bad in -1 1x 1e30 . 5. 1h30m 99999999999999999999 1000000001; do
		refused "duration$option-$bad" "." $option "$bad"
	done
done
refused duration-0 "longer than 0" -d 0
refused interval-0 "longer than 0" -i 0
refused interval-short "100ms" -i 99ms
for bad in 0 1 3000 5M 2T 2G 4095 -4096 4096x 1.5M 99999999999999999999; do
	refused "buffer-$bad" "." --buffer "$bad"
done
refused buffer-says-what-is-right "power of two from 4k to 1G" --buffer 5M

# Filter expressions; tests/unit/expr.c has more.
refused filter-unknown-word "'frob' stands where src, dst" dport = :80 frob
refused filter-second-command "'hist' stands where" dport = :80 hist
refused filter-one-string "':80x' is no port|':80x': '80x' is no port" 'dport = :80x'
refused filter-option-ends-it "ends behind 'dport'" dport -q
refused filter-host-name "names of hosts are not looked up" dst example.org
refused filter-bare-ipv6 "in brackets: \[::1\]" dst ::1
refused filter-parenthesis "'\)' should" '( dport = :80'
refused filter-state-within "belongs before all conditions" dport = :80 state closing
refused filter-state-unknown "close-wait" state fin-wait-3
refused filter-states-disjoint "no state in common" -s closing state listening
refused filter-family "'inet6:' and -4 exclude each other" -4 dst 'inet6:[::1]'
refused filter-autobound "sport >= :32768" autobound
refused filter-dev "'dev'" dev = lo
refused filter-fwmark "'fwmark'" fwmark = 1
refused filter-cgroup "--cgroup PATH" cgroup = /x
refused filter-too-long "1023 characters" "$(printf 'not %.0s' $(seq 300))"
refused filter-too-many "more than 64" "$(printf 'dport = :%d or ' $(seq 40)) dport = :1"
refused filter-too-deep "nested more than 16" "$(printf '( %.0s' $(seq 100))"
refused filter-of-features "takes no filter" features dport = :80
refused filter-typo-after-command "a filter begins with state" trace dports = :80

accepted all-options -L 1-65535 -D !1 -P !2 -4 -a 0.0.0.0/0 -p 1,2 -c a,b -u 0 -s time-wait -m 0 -b pid \
	-d 1d -i 100ms -f csv --buffer 4k --max-connections 1000 --max-groups 5 --strict -q -v
accepted long-options --local-port=80 --format=json --min=1.5ms
accepted options-before-the-command -q hist -f json
accepted filter-words state close-wait dport = :443 or sport = :8080
accepted filter-one-string "state close-wait ( dport = :443 or sport = :8080 )"
accepted filter-mixed trace state close-wait '( dport = :443 or sport = :8080 )' and not dst 10/8
accepted filter-options-behind hist dst 10.0.0.0/8 -f json -q
accepted filter-and-options -L 1-65535 -s time-wait state bucket dport != :1

# The words of a filter choose as the options do, and are told in the head of the output.
same_as() { # NAME OPTIONS FILTER
	read -ra words <<<"$2"
	"$TCPDWELL" -r "$REC" -f csv "${words[@]}" >"$WORK/by.options" 2>"$WORK/err" &&
		"$TCPDWELL" -r "$REC" -f csv "$3" >"$WORK/by.filter" 2>"$WORK/err"
	if [ -s "$WORK/by.options" ] && cmp -s "$WORK/by.options" "$WORK/by.filter"; then
		ok "usage-filter-$1" "$3: $(wc -l <"$WORK/by.filter") lines, as $2"
	else
		fail "usage-filter-$1" "$3 is not $2: $(diff "$WORK/by.options" "$WORK/by.filter" | head -4 | tr '\n' ';')"
		status=1
	fi
}
same_as local "-L 40000" "sport = :40000"
same_as remote "-D 443" "dport = :443"
same_as either "-P 443" "sport = :443 or dport = :443"
same_as neither "-P !443" "not ( sport = :443 or dport = :443 )"
same_as address "-a 10.0.0.0/8" "src 10/8 or dst 10/8"
same_as state "-s fin-wait-2,close-wait" "state fin-wait-2 state close-wait"
same_as none "-D 1 -L 1" "dport = :1 sport = :1"
exit $status
