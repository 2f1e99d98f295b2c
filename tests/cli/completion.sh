#!/bin/bash
# shellcheck disable=SC2207,SC2034 # COMPREPLY is words; COMP_* are for the function
# completion.sh - what bash offers: the file in the repository is made from the option table as it is, and its function
# answers as bash would ask it.
. "$(dirname "$0")/../lib.sh"
status=0
FILE=$TESTS/../completions/tcpdwell.bash

if "$TESTS/../completions/generate.sh" "$TCPDWELL" 2>&1 | diff "$FILE" - >"$WORK/diff"; then
	ok completion-is-of-this-table "$(grep -c "echo '" "$FILE") lists, as 'make completions' makes them"
else
	fail completion-is-of-this-table "run 'make completions': $(head -4 "$WORK/diff" | cut -c1-200 | tr '\n' ';')"
	status=1
fi

# shellcheck source=/dev/null
. "$FILE"
complete -p tcpdwell >/dev/null 2>&1 || { fail completion-registers "bash knows of no completion"; exit 1; }

# What this host has is not for a test to know.
ls() { [ "$*" != /run/netns ] || printf '%s\n' blue green; }
mkdir "$WORK/files" && cd "$WORK/files" || exit 1
mkdir folder && touch one.rec two.rec page.html

# offers NAME WANTED WORD...: the last word is the one under the cursor. WANTED is all that is offered, in order of the
# alphabet; '+a -b' instead: a is among it, b is not.
offers() {
	local name=completion-$1 wanted=$2 got word
	shift 2
	COMP_WORDS=(tcpdwell "$@") COMP_CWORD=$# COMP_LINE="tcpdwell $*" COMP_POINT=${#COMP_LINE} COMPREPLY=()
	_tcpdwell tcpdwell "${COMP_WORDS[COMP_CWORD]}" "${COMP_WORDS[COMP_CWORD - 1]}" >"$WORK/out" 2>&1
	[ ! -s "$WORK/out" ] || { fail "$name" "says something: $(head -2 "$WORK/out")"; status=1; return; }
	got=$(printf '%s\n' "${COMPREPLY[@]}" | LC_ALL=C sort | tr '\n' ' ')
	got=${got% }
	if [[ $wanted == [+!]* ]]; then
		for word in $wanted; do
			if [[ $word == +* && " $got " != *" ${word#+} "* ]] || [[ $word == '!'* && " $got " == *" ${word#!} "* ]]; then
				fail "$name" "tcpdwell $*: $word, but it offers '$got'"
				status=1
				return
			fi
		done
	elif [ "$got" != "$wanted" ]; then
		fail "$name" "tcpdwell $*: offers '$got', not '$wanted'"
		status=1
		return
	fi
	ok "$name" "tcpdwell $*: $(cut -c1-80 <<<"$got")"
}

offers commands "+trace +hist +stuck +features +state +dport !and !close-wait" ""
offers command "stuck" stuc
offers command-once "!trace !hist +state" trace ""
offers all-options "+-L +--local-port +--for +--raw +--help" "-"
offers long-options "--raw --read --ready-file --remote-port --rotate" --r
offers options-of-stuck "+--for +--min +--watch +--fail +--ends-by !--raw !--strict !--duration" stuck --
offers options-of-trace "+--raw +--strict +--for +--min !--watch !--ends-by" trace --
offers options-of-features "--format --help --quiet --verbose --version" features --
offers options-before-the-command "+--for +--raw" -q --
offers options-after-values "+--strict !--raw !--watch" -L 80 hist -s stuck --
offers format "csv json text" -f ""
offers format-long "json" --format j
offers format-with-equals-sign "json" --format = j
offers format-behind-equals-sign "csv json text" --format =
offers way "auto fentry kprobe sample timer" --timewait ""
offers states "+close-wait +time-wait +all +connected" -s ""
offers states-more "close-wait,fin-wait-1 close-wait,fin-wait-2" stuck -s close-wait,f
offers states-once "fin-wait-1,fin-wait-2" -s fin-wait-1,fin
offers keys "pid,cgroup pid,comm" --by pid,c
offers netns "blue green" --netns ""
offers netns-more "blue,green" --netns blue,
offers pid "+$$" -p ""
offers uid "+0" -u ""
offers comm "+$(cat /proc/$$/comm)" -c "$(cut -c1-3 /proc/$$/comm)"
offers files "folder one.rec page.html two.rec" -w ""
offers files-read "one.rec" trace -r on
offers files-equals "two.rec" --read = tw
offers nothing-to-offer "" -L ""
offers nothing-to-offer-either "" -m 5
offers no-filter-of-features "" features ""
offers filter-states "+bucket +close-wait +all" stuck state ""
offers filter-states-of-exclude "syn-received syn-sent synchronized" exclude syn
offers filter-goes-on "+and +or +not +dport !trace !stuck" stuck state close-wait ""
offers filter-then-options "+--raw !--watch" trace dport = : 443 --
offers filter-value "" dport ""
offers filter-value-behind-sign "" stuck dport = ""
offers filter-word "dport dst" stuck d
_tcpdwell_with_file=' hist '
offers file-of-a-command "+page.html +state +dport" hist ""
offers file-of-a-command-once "!page.html +state" hist page.html ""
exit $status
