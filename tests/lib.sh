# shellcheck shell=bash
# lib.sh - what the test scripts share: results, namespaces, a tracer that is known to be ready, cleaning up.
#
# A test prints a line per result: "ok NAME: what was seen", "FAIL NAME: why", "skip NAME: why". run.sh counts
# them. The environment: BUILD, the build folder (absolute).

set -u

BUILD=$(cd "${BUILD:-build}" && pwd)
TESTS=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
TCPDWELL=$BUILD/tcpdwell
export BUILD TESTS TCPDWELL PYTHONDONTWRITEBYTECODE=1

WORK=$(mktemp -d "${TMPDIR:-/tmp}/tcpdwell-test.XXXXXX")
CLEANUPS=()

# Run in reverse order, whatever happens.
on_exit() { CLEANUPS+=("$*"); }

clean_up() {
	local i
	for ((i = ${#CLEANUPS[@]} - 1; i >= 0; i--)); do
		eval "${CLEANUPS[i]}"
	done
	rm -rf "$WORK"
}
trap clean_up EXIT
trap 'exit 1' INT TERM

ok() { echo "ok $1: ${*:2}"; }
fail() { echo "FAIL $1: ${*:2}"; }
skip() { echo "skip $1: ${*:2}"; }

# plainly COMMAND...: as an ordinary user, where we may choose. In a folder that others may not enter (/root), as
# root without a single capability, which may do no more.
plainly() {
	local as=(--reuid 65534 --regid 65534 --clear-groups --inh-caps=-all)
	if [ "$(id -u)" != 0 ]; then
		"$@"
		return
	fi
	setpriv "${as[@]}" test -x "$TCPDWELL" 2>/dev/null || as=(--inh-caps=-all --bounding-set=-all)
	HOME=/tmp setpriv "${as[@]}" "$@"
}

# is_privileged: root, with what makes it root. plainly() may run us as one without.
is_privileged() { ! grep -q '^CapEff:\s*0*$' /proc/self/status; }

# check NAME WHAT COMMAND...: ok if the command succeeds; its output is shown only if not.
check() {
	local name=$1 what=$2
	shift 2
	if "$@" >"$WORK/check.out" 2>&1; then
		ok "$name" "$what"
	else
		fail "$name" "$what"
		sed 's/^/    /' "$WORK/check.out" | head -40
	fi
}

# one_error PATTERN FILE: one error, with hints or without, nothing else, and one of these lines matches. ERROR is the first
# line; if it is not so, WHY says why. Starts no process: hundreds of messages are looked at.
one_error() {
	local line errors=0 matches=0
	ERROR='' WHY=''
	while IFS= read -r line; do
		ERROR=${ERROR:-$line}
		[[ ! $line =~ $1 ]] || matches=1
		case $line in
		"error: "*) errors=$((errors + 1)) ;;
		"hint: "*) ;;
		*) WHY="not only errors and hints: $line" ;;
		esac
	done <"$2"
	[ $matches = 1 ] || WHY=${WHY:-"does not say '$1': $ERROR"}
	[ $errors = 1 ] || WHY="$errors errors: $ERROR"
	[ -z "$WHY" ]
}

# valid_lines NAME FILE...: each line is as `tcpdwell schema` says.
valid_lines() {
	local name=$1 told status
	shift
	"$TCPDWELL" schema >"$WORK/schema"
	told=$(python3 "$TESTS/schema.py" "$WORK/schema" "$@" 2>&1)
	status=$?
	case $status in
	0) ok "$name-schema" "$told" ;;
	77) skip "$name-schema" "$told" ;;
	*) fail "$name-schema" "${told:-status $status}" ;;
	esac
}

# wait_for SECONDS COMMAND...: until it succeeds, looking every 20 ms.
wait_for() {
	local tries=$(($1 * 50))
	shift
	while ! "$@" >/dev/null 2>&1; do
		((tries-- > 0)) || return 1
		sleep 0.02
	done
}

# new_netns VARIABLE: a network namespace of its own, with lo up, gone at the end. Its name goes to VARIABLE.
NETNS_COUNT=0
new_netns() {
	local name=tcpdwell-$$-$((NETNS_COUNT++))
	ip netns add "$name" && ip -n "$name" link set lo up || return 1
	on_exit "ip netns del $name 2>/dev/null"
	printf -v "$1" %s "$name"
}

# start_tracer OUT [ARGUMENT...]: in the background, complete when this returns. Its pid is TRACER.
start_tracer() {
	local out=$1
	shift
	rm -f "$WORK/ready"
	"$TCPDWELL" --ready-file "$WORK/ready" "$@" >"$out" 2>"$out.err" &
	TRACER=$!
	on_exit "kill $TRACER 2>/dev/null"
	wait_for 20 test -s "$WORK/ready" || {
		fail "tracer" "was not ready within 20 s: $(head -c 400 "$out.err")"
		return 1
	}
}

# stop_tracer: as a service manager does (a background job ignores Ctrl-C); its exit status is the result.
stop_tracer() {
	kill -TERM "$TRACER" 2>/dev/null
	wait "$TRACER"
}

# needs NAME TOOL...: false, and a skip, if this host lacks one of these programs; "yaml" is Python's module of that name.
needs() {
	local name=$1 tool missing=()
	for tool in "${@:2}"; do
		case $tool in
		yaml) /usr/bin/python3 -c 'import yaml' 2>/dev/null ;;
		*) command -v "$tool" >/dev/null ;;
		esac || missing+=("${tool##*/}")
	done
	[ ${#missing[@]} = 0 ] || skip "$name" "not installed here: ${missing[*]}"
	[ ${#missing[@]} = 0 ]
}

# can_trace NAME: false, and a skip, if this host does not let us. Probed, not guessed.
can_trace() {
	local why
	why=$("$TCPDWELL" -q -d 0.1 2>&1 >/dev/null) && return 0
	skip "$1" "tcpdwell cannot trace here: ${why//$'\n'/; }"
	return 1
}
