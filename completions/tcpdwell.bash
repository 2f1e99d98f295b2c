# bash completion for tcpdwell(8).                                   -*- shell-script -*-
# Made by completions/generate.sh from the option table: `make completions` makes it again.

_tcpdwell_commands='trace hist stuck top report serve guard features schema'
_tcpdwell_filtering=' trace hist stuck top report serve guard '
_tcpdwell_with_file=' report '
_tcpdwell_states='established syn-sent syn-received fin-wait-1 fin-wait-2 time-wait closed close-wait last-ack listen closing accept-wait all connected synchronized bucket big'

# What a command takes; without one, what any takes.
_tcpdwell_options() {
    case $1 in
        trace) echo '-L --local-port -D --remote-port -P --port -4 --ipv4 -6 --ipv6 -a --address -p --pid -c --comm -u --uid --netns --cgroup -s --state -m --min --for -b --by -i --interval -f --format --raw -q --quiet -v --verbose -d --duration -n --count --strict --ready-file -w --write -r --read --rotate --keep --buffer --timewait --accept --max-connections --max-groups -h --help -V --version' ;;
        hist) echo '-L --local-port -D --remote-port -P --port -4 --ipv4 -6 --ipv6 -a --address -p --pid -c --comm -u --uid --netns --cgroup -s --state -m --min --for -b --by -i --interval -f --format -q --quiet -v --verbose -d --duration -n --count --strict --ready-file -w --write -r --read --rotate --keep --buffer --timewait --accept --max-connections --max-groups -h --help -V --version' ;;
        stuck) echo '-L --local-port -D --remote-port -P --port -4 --ipv4 -6 --ipv6 -a --address -p --pid -c --comm -u --uid --netns --cgroup -s --state -m --min --for --patience --ends-by -b --by -i --interval --watch -f --format -q --quiet -v --verbose -n --count --fail -w --write -r --read --rotate --keep -h --help -V --version' ;;
        top) echo '-L --local-port -D --remote-port -P --port -4 --ipv4 -6 --ipv6 -a --address -p --pid -c --comm -u --uid --netns --cgroup -s --state -m --min --for --patience -b --by -i --interval -q --quiet -v --verbose --ready-file --buffer --timewait --accept --max-connections --max-groups -h --help -V --version' ;;
        report) echo '-L --local-port -D --remote-port -P --port -4 --ipv4 -6 --ipv6 -a --address -p --pid -c --comm -u --uid --netns --cgroup -s --state -m --min --for --patience -q --quiet -v --verbose -d --duration --strict --ready-file -r --read --buffer --timewait --accept --max-connections -h --help -V --version' ;;
        serve) echo '-L --local-port -D --remote-port -P --port -4 --ipv4 -6 --ipv6 -a --address -p --pid -c --comm -u --uid --netns --cgroup -s --state -m --min --for --patience -b --by -q --quiet -v --verbose --ready-file --buffer --timewait --accept --max-connections --max-groups -h --help -V --version' ;;
        guard) echo '-L --local-port -D --remote-port -P --port -4 --ipv4 -6 --ipv6 -a --address -p --pid -c --comm -u --uid --netns --cgroup -s --state -m --min --for --patience -i --interval -q --quiet -v --verbose -d --duration --ready-file -w --write --keep --on --on-exit --after --incidents --buffer --timewait --accept --max-connections -h --help -V --version' ;;
        features) echo '-f --format -q --quiet -v --verbose -h --help -V --version' ;;
        schema) echo '-q --quiet -v --verbose -h --help -V --version' ;;
        *) echo '-L --local-port -D --remote-port -P --port -4 --ipv4 -6 --ipv6 -a --address -p --pid -c --comm -u --uid --netns --cgroup -s --state -m --min --for --patience --ends-by -b --by -i --interval --watch -f --format --raw -q --quiet -v --verbose -d --duration -n --count --fail --strict --ready-file -w --write -r --read --rotate --keep --on --on-exit --after --incidents --buffer --timewait --accept --max-connections --max-groups -h --help -V --version' ;;
    esac
}

# What an option takes: nothing, if it is in none of these, or "any" that nobody can guess.
_tcpdwell_values() {
    case $1 in
        -L|--local-port) echo 'any' ;;
        -D|--remote-port) echo 'any' ;;
        -P|--port) echo 'any' ;;
        -a|--address) echo 'any' ;;
        -p|--pid) echo 'pid' ;;
        -c|--comm) echo 'comm' ;;
        -u|--uid) echo 'uid' ;;
        --netns) echo 'netns' ;;
        --cgroup) echo 'cgroup' ;;
        -s|--state) echo 'list established syn-sent syn-received fin-wait-1 fin-wait-2 time-wait closed close-wait last-ack listen closing accept-wait all connected synchronized bucket big' ;;
        -m|--min) echo 'any' ;;
        --for) echo 'any' ;;
        --patience) echo 'any' ;;
        --ends-by) echo 'list nothing retransmission probes user-timeout keepalive fin-timeout time-wait' ;;
        -b|--by) echo 'list state local-port remote-port address comm pid uid cgroup netns keepalive' ;;
        -i|--interval) echo 'any' ;;
        -f|--format) echo 'one text json csv' ;;
        -d|--duration) echo 'any' ;;
        -n|--count) echo 'any' ;;
        --ready-file) echo 'file' ;;
        -w|--write) echo 'file' ;;
        -r|--read) echo 'file' ;;
        --rotate) echo 'any' ;;
        --keep) echo 'any' ;;
        --on) echo 'list not-accepted address-gone no-route no-neighbour unreachable segments-lost peer-silent peer-window-shut unsent-data no-process close-wait-unread close-wait-leak close-wait-held fin-wait-2-unread fin-wait-2-idle fin-wait-2-held closed-leak closed-held fin-wait-2-orphan syn-unanswered syn-received-queue-full syn-received-deferred syn-received-unanswered accept-queue-full syn-queue-full established-unread time-wait-ports connect-ports bind-ports time-wait-table orphan-limit tcp-memory' ;;
        --on-exit) echo 'any' ;;
        --after) echo 'any' ;;
        --incidents) echo 'any' ;;
        --buffer) echo 'any' ;;
        --timewait) echo 'one auto fentry kprobe timer sample' ;;
        --accept) echo 'one auto fexit kretprobe syscalls inherit' ;;
        --max-connections) echo 'any' ;;
        --max-groups) echo 'any' ;;
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
