#!/bin/bash
# usage.sh - wrong command lines: status 2, one error that names what is wrong and one hint that says what would be right,
# nothing on stdout, nothing done. usage.txt has what is typed and what is told, to the letter; `UPDATE=1 tests/cli/usage.sh`
# rewrites it.
. "$(dirname "$0")/../lib.sh"
cd "$TESTS/.." || exit 1
status=0
REC=tests/golden/basic/in.rec
TABLE=tests/cli/usage.txt

# judge TYPED TOLD: TYPED as the shell would read it.
judge() {
	local typed=$1 told=$2 got why=
	local -a words
	eval "words=($typed)"
	"$TCPDWELL" "${words[@]}" >"$WORK/out" 2>"$WORK/err" </dev/null
	got=$?
	[ $got = 2 ] || why="status $got, not 2; "
	[ ! -s "$WORK/out" ] || why+="writes to stdout; "
	[ "$(cut -d: -f1 "$WORK/err")" = $'error\nhint' ] || why+="not an error and a hint; "
	if [ -n "${UPDATE:-}" ]; then
		cat "$WORK/err" >>"$WORK/table"
	elif [ "$told" != "$(cat "$WORK/err")" ]; then
		why+="says '$(tr '\n' ';' <"$WORK/err")', not '${told//$'\n'/;}'"
	fi
	if [ -z "$why" ]; then
		ok usage "$typed: ${told%%$'\n'*}"
	else
		fail usage "$typed: $why"
		status=1
	fi
}

typed='' told='' n=0
while IFS= read -r line; do
	case $line in
	'$ '*)
		typed=${line#'$ '} told='' n=$((n + 1))
		echo "$line" >>"$WORK/table"
		;;
	'' | '#'*)
		[ -z "$typed" ] || judge "$typed" "${told%$'\n'}"
		typed=''
		echo "$line" >>"$WORK/table"
		;;
	*) told+=$line$'\n' ;;
	esac
done <"$TABLE"
[ -z "$typed" ] || judge "$typed" "${told%$'\n'}"
[ -z "${UPDATE:-}" ] || cp "$WORK/table" "$TABLE"
[ $n -gt 150 ] && ok usage-table "$n command lines" || { fail usage-table "only $n command lines"; status=1; }

# Each option that takes a value needs one, and each that takes none refuses one.
while read -r spellings; do
	read -ra words <<<"$spellings"
	for word in "${words[@]}"; do
		[[ $word = -* ]] || continue
		if [[ ${words[-1]} = -* ]]; then
			[[ $word = --* ]] || continue
			wanted="error: option '$word' takes no value"
			"$TCPDWELL" "$word=1" >"$WORK/out" 2>"$WORK/err"
		else
			wanted="error: option '$word' needs a value"
			"$TCPDWELL" "$word" >"$WORK/out" 2>"$WORK/err"
		fi
		if [ $? = 2 ] && [ "$(head -1 "$WORK/err")" = "$wanted" ] && grep -q '^hint: -' "$WORK/err"; then
			ok usage-value "${wanted#*: }"
		else
			fail usage-value "$word: $(tr '\n' ';' <"$WORK/err")"
			status=1
		fi
	done
done < <("$TCPDWELL" --list-options | grep '^-' | cut -f1)

# The help of a command lists what it takes, and nothing else; no line is wider than a terminal.
for command in $("$TCPDWELL" --list-options | awk -F'\t' '$2 == "command" { print $1 }'); do
	"$TCPDWELL" "$command" --help >"$WORK/help" && grep -q "^usage: tcpdwell $command" "$WORK/help" || { fail usage-help "$command: $(head -1 "$WORK/help")"; status=1; }
	grep -oE -- '^  .{27}' "$WORK/help" | grep -oE -- '--[a-z0-9-]+' | sort >"$WORK/listed"
	"$TCPDWELL" --list-options | awk -F'\t' -v command="$command" 'index("," $2 ",", "," command ",") { print $1 }' |
		grep -oE -- '--[a-z0-9-]+' | sort >"$WORK/taken"
	if diff "$WORK/taken" "$WORK/listed" >"$WORK/diff" && [ -s "$WORK/taken" ]; then
		ok usage-help "$command: $(wc -l <"$WORK/taken") options"
	else
		fail usage-help "$command: $(tr '\n' ';' <"$WORK/diff")"
		status=1
	fi
done
"$TCPDWELL" --help >"$WORK/help"
wide=$(awk 'length > 80' "$WORK/help")
[ -z "$wide" ] && ok usage-help "$(wc -l <"$WORK/help") lines within 80 columns" || { fail usage-help "$wide"; status=1; }

# refused NAME PATTERN ARGUMENT...: by the command itself.
refused() {
	local name=usage-$1 pattern=$2
	shift 2
	"$TCPDWELL" "$@" >"$WORK/out" 2>"$WORK/err" </dev/null
	if [ $? = 2 ] && [ ! -s "$WORK/out" ] && [ "$(cut -d: -f1 "$WORK/err")" = $'error\nhint' ] && grep -qE -- "$pattern" "$WORK/err"; then
		ok "$name" "$(head -1 "$WORK/err")"
	else
		fail "$name" "$(tr '\n' ';' <"$WORK/err")"
		status=1
	fi
}
for bad in "" : 9798 ::1 "[::1" 127.0.0.1:65536 127.0.0.1:x localhost:9798; do
	refused "serve-$bad" "ADDR:PORT" serve "$bad"
done

for command in trace hist serve; do
	refused "by-keepalive-$command" "'$command' cannot group by keepalive" "$command" -b comm,keepalive
done

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
accepted all-options -L 1-65535 -D !1 -P !2 -4 -a 0.0.0.0/0 -p 1,2 -c a,b -u 0 -s time-wait -m 0 -b pid \
	-d 1d -i 100ms -f csv --buffer 4k --max-connections 1000 --max-groups 5 --strict -q -v
accepted long-options --local-port=80 --format=json --min=1.5ms
accepted beginnings-of-options --local=80 --form json
accepted options-before-the-command -q hist -f json
accepted several-in-one-word hist -qvfjson
accepted accept-wait hist -s accept-wait,Queued
accepted by-keepalive stuck -b keepalive,comm -s established
accepted accept-wait-report report "$WORK/page.html" -s queued
accepted behind-two-dashes -q -- hist state close-wait
accepted a-name-with-a-dash -c -bash
for command in trace hist stuck; do
	accepted for-$command $command --for 1s
	accepted min-$command $command --min 1h30m
done
accepted ends-by stuck --ends-by nothing,time-wait
accepted for-report report "$WORK/page.html" --for 1s
accepted filter-words state close-wait dport = :443 or sport = :8080
accepted filter-one-string "state close-wait ( dport = :443 or sport = :8080 )"
accepted filter-mixed trace state close-wait '( dport = :443 or sport = :8080 )' and not dst 10/8
accepted filter-options-behind hist dst 10.0.0.0/8 -f json -q
accepted filter-and-options -L 1-65535 -s time-wait state bucket dport != :1

# What is meant to be the same gives the same output.
same_as() { # NAME OPTIONS OTHERS
	local -a words others
	read -ra words <<<"$2"
	read -ra others <<<"$3"
	"$TCPDWELL" -r "$REC" -f csv "${words[@]}" >"$WORK/by.options" 2>"$WORK/err" &&
		"$TCPDWELL" -r "$REC" -f csv "${others[@]}" >"$WORK/by.others" 2>"$WORK/err"
	if [ "$(wc -l <"$WORK/by.options")" -gt 1 ] && cmp -s "$WORK/by.options" "$WORK/by.others"; then
		ok "usage-same-$1" "$3: $(wc -l <"$WORK/by.others") lines, as $2"
	else
		fail "usage-same-$1" "$3 is not $2: $(diff "$WORK/by.options" "$WORK/by.others" | head -4 | tr '\n' ';')"
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
for set in all connected synchronized bucket big established syn-recv unconnected; do
	same_as "set-$set" "-s $set" "state $set"
done
same_as sets-together "-s bucket,close-wait" "state syn-recv state time-wait state close-wait"
same_as sets-in-capitals "-s CONNECTED" "-s connected"
same_as min-for "--min 500ms" "--for 500ms"
same_as duration "-m 0.5s" "--for 0m500ms"
exit $status
