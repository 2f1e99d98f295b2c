#!/bin/bash
# generate.sh TCPDWELL - completion for bash on stdout, from what `TCPDWELL --list-options` says (user/cli/complete.h).
set -eu
list=$("$1" --list-options)

# of FILTER [COLUMN]: that column of the lines that the awk condition takes, as one line of words.
of() { awk -F'\t' "$1 { print \$${2:-1} }" <<<"$list" | tr '\n' ' ' | sed 's/ $//'; }

# spellings: "-s --state" of an option's first column.
spellings='function spellings(text,  words) { split(text, words, " ")
	return words[1] (words[2] ~ /^-/ ? " " words[2] : "") }'

cat <<-HEAD
	# bash completion for tcpdwell(8).                                   -*- shell-script -*-
	# Made by completions/generate.sh from the option table: \`make completions\` makes it again.

	_tcpdwell_commands='$(of '$2 == "command"')'
	_tcpdwell_filtering=' $(of '$2 == "command" && $3 ~ /filter/') '
	_tcpdwell_with_file=' $(of '$2 == "command" && $3 ~ /file/') '
	_tcpdwell_states='$(of '$1 == "state"' 3)'

	# What a command takes; without one, what any takes.
	_tcpdwell_options() {
	    case \$1 in
HEAD
for command in $(of '$2 == "command"'); do
	awk -F'\t' -v command="$command" "$spellings"'
		$1 ~ /^-/ && index("," $2 ",", "," command ",") { all = all " " spellings($1) }
		END { printf "        %s) echo '\''%s'\'' ;;\n", command, substr(all, 2) }' <<<"$list"
done
awk -F'\t' "$spellings"'
	$1 ~ /^-/ { all = all " " spellings($1) }
	END { printf "        *) echo '\''%s'\'' ;;\n    esac\n}\n\n", substr(all, 2) }' <<<"$list"

cat <<-'VALUES'
	# What an option takes: nothing, if it is in none of these, or "any" that nobody can guess.
	_tcpdwell_values() {
	    case $1 in
VALUES
awk -F'\t' '
	$1 ~ /^-/ && split($1, words, " ") && words[split($1, words, " ")] !~ /^-/ {
		n = split($1, words, " ")
		names = words[1] (n > 2 ? "|" words[2] : "")
		printf "        %s) echo '\''%s'\'' ;;\n", names, $3 == "" ? "any" : $3
	}' <<<"$list"
cat <<-'TAIL'
	    esac
	}

	# What the host has of a kind.
	_tcpdwell_host() {
	    case $1 in
	        netns) ls /run/netns ;;
	        pid) (cd /proc && printf '%s\n' [0-9]*) ;;
	        comm) cat /proc/[0-9]*/comm | grep -v '[[:space:],:]' | sort -u ;;
	        uid) cut -d: -f3 /etc/passwd ;;
	        cgroup) (cd /sys/fs/cgroup && find . -mindepth 1 -maxdepth 3 -type d -printf '%P\n') ;;
	    esac 2>/dev/null
	}

	# Of a list, the last entry is completed; what stands in it already is not offered again.
	_tcpdwell_list() {
	    local cur=$1 before='' word words
	    [[ $cur == *,* ]] && before=${cur%,*},
	    read -r -d '' -a words <<<"$2"
	    for word in "${words[@]}"; do
	        [[ ,$before == *,"$word",* ]] || COMPREPLY+=("$before$word")
	    done
	    mapfile -t COMPREPLY < <(compgen -W '${COMPREPLY[@]}' -- "$cur")
	}

	_tcpdwell_value() {
	    local cur=$1 kind=${2%% *}
	    case $kind in
	        any) ;;
	        one) mapfile -t COMPREPLY < <(compgen -W "${2#one }" -- "$cur") ;;
	        list) _tcpdwell_list "$cur" "${2#list }" ;;
	        file)
	            compopt -o filenames 2>/dev/null
	            mapfile -t COMPREPLY < <(compgen -f -- "$cur")
	            ;;
	        *) _tcpdwell_list "$cur" "$(_tcpdwell_host "$kind")" ;;
	    esac
	}

	# The words before the cursor: which command, has a filter begun, has the command its file?
	# "--option=value" is three words to bash.
	_tcpdwell_look_back() {
	    local i word
	    for ((i = 1; i < COMP_CWORD; i++)); do
	        word=${COMP_WORDS[i]}
	        if [[ ${COMP_WORDS[i + 1]-} == = && $word == --* ]]; then
	            ((i += 2))
	        elif [[ -n $(_tcpdwell_values "$word") ]]; then
	            ((++i))
	        elif [[ $word == -* ]]; then
	            continue
	        elif [[ -z $filter && " $_tcpdwell_commands " == *" $word "* && -z $command ]]; then
	            command=$word
	        elif [[ -z $filter && -z $file && $_tcpdwell_with_file == *" $command "* &&
	            ! $word =~ ^(state|exclude|src|dst|sport|dport|not|!|\()$ ]]; then
	            file=$word
	        else
	            filter=$word
	        fi
	    done
	}

	_tcpdwell_word() {
	    local cur=$1 prev=$2 words=''
	    if [[ -n $command && $_tcpdwell_filtering != *" $command "* ]]; then
	        return
	    elif [[ $prev == state || $prev == exclude ]]; then
	        words=$_tcpdwell_states
	    elif [[ $prev == [sd]port || $prev == src || $prev == dst || $prev == [=:\<\>]* ]]; then
	        return
	    elif [[ -n $filter ]]; then
	        words='state exclude src dst sport dport not and or'
	    else
	        [[ -n $command ]] || words=$_tcpdwell_commands
	        words+=' state exclude src dst sport dport not'
	    fi
	    mapfile -t COMPREPLY < <(compgen -W "$words" -- "$cur")
	    if [[ -n $command && -z $filter && -z $file && $_tcpdwell_with_file == *" $command "* ]]; then
	        compopt -o filenames 2>/dev/null
	        mapfile -t -O ${#COMPREPLY[@]} COMPREPLY < <(compgen -f -- "$cur")
	    fi
	}

	_tcpdwell() {
	    local cur=${COMP_WORDS[COMP_CWORD]} prev=${COMP_WORDS[COMP_CWORD - 1]} values
	    local command='' filter='' file=''
	    COMPREPLY=()
	    _tcpdwell_look_back
	    if [[ $cur == = && $prev == --* ]]; then
	        cur=
	    elif [[ $prev == = && $COMP_CWORD -gt 2 && ${COMP_WORDS[COMP_CWORD - 2]} == --* ]]; then
	        prev=${COMP_WORDS[COMP_CWORD - 2]}
	    fi
	    values=$(_tcpdwell_values "$prev")
	    if [[ -n $values ]]; then
	        _tcpdwell_value "$cur" "$values"
	    elif [[ $cur == -* ]]; then
	        mapfile -t COMPREPLY < <(compgen -W "$(_tcpdwell_options "$command")" -- "$cur")
	    else
	        _tcpdwell_word "$cur" "$prev"
	    fi
	}

	complete -F _tcpdwell tcpdwell
TAIL
