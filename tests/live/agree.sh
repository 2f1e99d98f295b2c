#!/bin/bash
# One account: before all that `trouble` plays, and the situations of other people's programs, `stuck`, `top`, `serve`,
# `report`, and what reads a recording of that moment, agree on rule, owner and age class (below or above the patience)
# of every socket; those that have watched from the beginning, and those that came later.
. "$(dirname "$0")/live.sh.inc"
# shellcheck source=tests/live/field/link_local.sh.inc
. "$TESTS/live/field/link_local.sh.inc"

"$TCPDWELL" -q stuck >/dev/null 2>"$WORK/err" || { skip agree "cannot look at sockets here: $(head -1 "$WORK/err")"; exit; }
can_trace agree || exit 0
needs agree tmux python3 curl || exit 0
for name in cases far full field alike whose fast half bound reset near ways process; do
	new_netns $name || { fail agree "no network namespace"; exit 1; }
done
for link in 1 2; do
	ip -n "$cases" link add link$link type veth peer name link$link netns "$far" &&
		ip -n "$cases" addr add 10.99.$link.1/24 dev link$link && ip -n "$far" addr add 10.99.$link.2/24 dev link$link &&
		ip -n "$cases" link set link$link up && ip -n "$far" link set link$link up || { fail agree "no veth pair"; exit 1; }
done
link_local_links "$near" "$far" || { fail agree "no links"; exit 1; }
# In two parts: a page has room for so many rows.
PART0=(--netns "$cases" --netns "$full")
PART1=()
for netns in "$field" "$alike" "$whose" "$fast" "$half" "$bound" "$reset" "$near" "$ways" "$process"; do
	PART1+=(--netns "$netns")
done

# Namespaces that have no name, and what leaks in them before anybody watches.
# leak WHERE PORT: leak.py.
leak() {
	local stop inside
	mkfifo "$WORK/$1.stop"
	python3 "$TESTS/live/field/leak.py" "$@" <"$WORK/$1.stop" >"$WORK/$1.held" 2>"$WORK/$1.err" &
	exec {stop}>"$WORK/$1.stop"
	on_exit "exec $stop>&-"
	wait_for 60 grep -q ^ready "$WORK/$1.held" || { fail agree "no leak: $(cat "$WORK/$1.err")"; exit 1; }
	read -r _ _ inside <"$WORK/$1.held"
	PART1+=(--netns "/proc/$inside/ns/net")
}
leak process 18101
leak thread 18102
leak away 18103
THERE=("${PART0[@]}" "${PART1[@]}")
# Before one of them none is idle for long enough, before the other all that is idle at all. In seconds.
PATIENCES=(300 3)

# ---- who watches from the beginning ----

SOCKET=tcpdwell-$$
on_exit "tmux -L $SOCKET kill-server 2>/dev/null"
export LC_ALL=C.UTF-8 TERM=xterm
pane() { tmux -L "$SOCKET" "$@" 2>>"$WORK/tmux.err"; }

# watch NAME ARGUMENT...: in the background; its pid goes to WATCHER[NAME].
declare -A WATCHER
watch() {
	"$TCPDWELL" "${@:2}" --ready-file "$WORK/$1.ready" >"$WORK/$1.out" 2>"$WORK/$1.err" &
	WATCHER[$1]=$!
	on_exit "kill $! 2>/dev/null"
}

# watch_top NAME PATIENCE: in a terminal that has room for all.
watch_top() {
	pane -f /dev/null new-session -d -s "$1" -x 220 -y 1200 \
		"exec $TCPDWELL top -i 500ms -b local-port,remote-port ${THERE[*]} --patience $2 --ready-file $WORK/$1.ready 2>$WORK/$1.err"
}

is_ready() { [ -s "$WORK/$1.ready" ]; }
for patience in "${PATIENCES[@]}"; do
	watch "serve-$patience" serve 127.0.0.1:0 --patience "$patience" "${THERE[@]}"
	watch "report0-$patience" report "$WORK/report0-$patience.html" --patience "$patience" "${PART0[@]}"
	watch "report1-$patience" report "$WORK/report1-$patience.html" --patience "$patience" "${PART1[@]}"
	watch_top "top-$patience" "$patience"
done
watch trace trace -q -w "$WORK/trace.rec" "${THERE[@]}"
for face in {serve,report0,report1,top}-{300,3} trace; do
	wait_for 60 is_ready "$face" || { fail agree "$face was not ready: $(cat "$WORK/$face.err")"; exit 1; }
done

# ---- the situations ----

# hold NETNS FILE SITUATION: of tests/live/field/FILE.
HELD=() HOLDERS=()
hold() {
	local stop
	mkfifo "$WORK/$3.stop"
	ip netns exec "$1" python3 "$TESTS/live/field/$2.py" hold "$3" <"$WORK/$3.stop" >"$WORK/$3.held" 2>"$WORK/$3.err" &
	HOLDERS+=($!)
	exec {stop}>"$WORK/$3.stop"
	on_exit "exec $stop>&-"
	HELD+=("$3")
}
hold_link_local() {
	local stop
	mkfifo "$WORK/link_local.stop"
	ip netns exec "$near" python3 "$TESTS/live/field/link_local.py" "/run/netns/$far" "$ODD_DEVICE" <"$WORK/link_local.stop" >"$WORK/link_local.held" 2>"$WORK/link_local.err" &
	HOLDERS+=($!)
	exec {stop}>"$WORK/link_local.stop"
	on_exit "exec $stop>&-"
	HELD+=(link_local)
}
for situation in half_closed one_way no_descriptors closed; do
	hold "$field" situations $situation
done
# It takes ports from which others connect.
hold "$alike" situations alike
for situation in listeners group polled holders mptcp; do
	hold "$whose" whose $situation
done
for situation in vanishes not_accepted; do
	hold "$fast" fast_open $situation
done
# Each narrows the ports of its namespace.
hold "$half" ports half
hold "$bound" ports five_destinations
hold "$reset" ports named_and_reset
hold_link_local
for situation in some_ways deferred; do
	hold "$ways" unreachable $situation
done
for situation in stopped stopped_worker hung traced out_of_descriptors reader; do
	hold "$process" process $situation
done
start_trouble "$full" "$WORK/full" ports && start_trouble "$cases" "$WORK/cases" "$far" || exit 1
# What only some hosts let happen may be skipped, with a reason; all else has to stand there as it is asked about.
MAY_SKIP=(mptcp hung traced)
for i in "${!HELD[@]}"; do
	situation=${HELD[i]}
	wait_for 30 grep -qE '^(ready|skip)' "$WORK/$situation.held"
	told=$(grep -m1 -E '^(ready|skip)' "$WORK/$situation.held")
	if [[ $told = skip* && " ${MAY_SKIP[*]} " = *" $situation "* ]]; then
		skip agree "$situation: ${told#skip *: }"
		unset "HELD[i]"
	elif [[ $told != ready* ]]; then
		fail agree "$situation did not play: ${told:-$(tail -n 2 "$WORK/$situation.err" | tr '\n' ' ')}"
	fi
done
none=$(awk '$3 == "none" { printf "%s%s", sep, $2; sep = "," }' "$WORK/cases")
# More than the shorter patience for all.
sleep 4.5

# ---- asking ----

# Where clocks differ from those of the kernel's stamps, if that can be had.
SHIFTED=(unshare -T --monotonic 86400)
"${SHIFTED[@]}" true 2>/dev/null || SHIFTED=()

# look FILE ARGUMENT...: of both parts.
look() {
	"$TCPDWELL" stuck "${PART0[@]}" -f json "${@:2}" ${RECORD:+-w "$WORK/rec0"} >"$1"
	"$TCPDWELL" stuck "${PART1[@]}" -f json "${@:2}" ${RECORD:+-w "$WORK/rec1"} >>"$1"
}

# ask PATIENCE: all faces, within seconds, between two looks of `stuck`. As $WORK/FACE.
ask() {
	local patience=$1 part
	{
		RECORD=1 look "$WORK/before" --patience "$patience"
		curl -s "$(grep -oE 'http://[^ ]*/metrics' "$WORK/serve-$patience.err")" >"$WORK/serve"
		pane capture-pane -p -t "top-$patience" >"$WORK/top"
		"$TCPDWELL" report "$WORK/late0.html" -q -d 0.1 "${PART0[@]}" --patience "$patience" &
		"$TCPDWELL" report "$WORK/late1.html" -q -d 0.1 "${PART1[@]}" --patience "$patience"
		wait $!
		"${SHIFTED[@]}" "$TCPDWELL" stuck "${THERE[@]}" --patience "$patience" -f json >"$WORK/shifted"
		look "$WORK/after" --patience "$patience"
		for part in 0 1; do
			plainly "$TCPDWELL" stuck -r - --patience "$patience" -f json <"$WORK/rec$part"
			plainly "$TCPDWELL" report - -q -r - --patience "$patience" <"$WORK/rec$part" >"$WORK/replayed$part.html"
		done >"$WORK/replayed"
	} 2>"$WORK/ask.err"
}

compare() { # PATIENCE BEFORE AFTER FACE=FILE...
	python3 "$TESTS/live/agree.py" "agree-$1" "$1" "$none" "${@:2}"
}

# What changes its mind while it is asked is no disagreement: that does not happen each time.
for patience in "${PATIENCES[@]}"; do
	for try in 1 2 3; do
		ask "$patience"
		compare "$patience" "$WORK/before" "$WORK/after" watched-serve="$WORK/serve" watched-top="$WORK/top" \
			watched-report-late="$WORK/late0.html,$WORK/late1.html" stuck="$WORK/after" stuck-shifted="$WORK/shifted" >"$WORK/compared" && break
		note agree "--patience $patience, try $try: $(grep -c '^    ' "$WORK/compared") disagreements"
	done
	cat "$WORK/compared"
	compare "$patience" "$WORK/before" "$WORK/before" exact-stuck-recorded="$WORK/replayed" exact-report-recorded="$WORK/replayed0.html,$WORK/replayed1.html"
	cmp -s "$WORK/before" "$WORK/replayed" && ok agree "stuck -r: the same, byte for byte" || fail agree "stuck -r: $(diff "$WORK/before" "$WORK/replayed" | head -4)"
	[ ! -s "$WORK/ask.err" ] || fail agree "says on stderr: $(head -3 "$WORK/ask.err")"
done

for i in "${!HELD[@]}"; do
	kill -0 "${HOLDERS[i]}" 2>/dev/null || fail agree "${HELD[i]} went away: $(tail -n 2 "$WORK/${HELD[i]}.err" | tr '\n' ' ')"
done

# Who has watched tells as it ends, once.
for patience in "${PATIENCES[@]}"; do
	look "$WORK/before" --patience "$patience"
	for part in 0 1; do
		kill -TERM "${WATCHER[report$part-$patience]}"
		wait "${WATCHER[report$part-$patience]}"
	done
	look "$WORK/after" --patience "$patience"
	compare "$patience" "$WORK/before" "$WORK/after" watched-report="$WORK/report0-$patience.html,$WORK/report1-$patience.html"
done
kill -TERM "${WATCHER[trace]}"
wait "${WATCHER[trace]}"
for patience in "${PATIENCES[@]}"; do
	"$TCPDWELL" stuck -r "$WORK/trace.rec" --patience "$patience" -f json >"$WORK/before"
	"$TCPDWELL" report - -q -r "$WORK/trace.rec" --patience "$patience" "${PART0[@]}" >"$WORK/replayed0.html"
	"$TCPDWELL" report - -q -r "$WORK/trace.rec" --patience "$patience" "${PART1[@]}" >"$WORK/replayed1.html"
	compare "$patience" "$WORK/before" "$WORK/before" exact-report-of-trace="$WORK/replayed0.html,$WORK/replayed1.html"
done
