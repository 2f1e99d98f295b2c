#!/bin/bash
# One account: before all that `trouble` plays, and the situations of other people's programs, `stuck`, `top`, `serve`,
# `report`, and what reads a recording of that moment, agree on rule, owner and age class (below or above the patience)
# of every socket; those that have watched from the beginning, and those that came later.
. "$(dirname "$0")/live.sh.inc"

"$TCPDWELL" -q stuck >/dev/null 2>"$WORK/err" || { skip agree "cannot look at sockets here: $(head -1 "$WORK/err")"; exit; }
can_trace agree || exit 0
needs agree tmux python3 curl || exit 0
new_netns cases && new_netns far && new_netns full && new_netns field && new_netns alike && new_netns whose || { fail agree "no network namespace"; exit 1; }
for link in 1 2; do
	ip -n "$cases" link add link$link type veth peer name link$link netns "$far" &&
		ip -n "$cases" addr add 10.99.$link.1/24 dev link$link && ip -n "$far" addr add 10.99.$link.2/24 dev link$link &&
		ip -n "$cases" link set link$link up && ip -n "$far" link set link$link up || { fail agree "no veth pair"; exit 1; }
done
THERE=(--netns "$cases" --netns "$full" --netns "$field" --netns "$alike" --netns "$whose")
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
	"$TCPDWELL" "${@:2}" "${THERE[@]}" --ready-file "$WORK/$1.ready" >"$WORK/$1.out" 2>"$WORK/$1.err" &
	WATCHER[$1]=$!
	on_exit "kill $! 2>/dev/null"
}

# watch_top NAME PATIENCE: in a terminal that has room for all.
watch_top() {
	pane -f /dev/null new-session -d -s "$1" -x 220 -y 600 \
		"exec $TCPDWELL top -i 500ms -b local-port,remote-port ${THERE[*]} --patience $2 --ready-file $WORK/$1.ready 2>$WORK/$1.err"
}

is_ready() { [ -s "$WORK/$1.ready" ]; }
for patience in "${PATIENCES[@]}"; do
	watch "serve-$patience" serve 127.0.0.1:0 --patience "$patience"
	watch "report-$patience" report "$WORK/report-$patience.html" --patience "$patience"
	watch_top "top-$patience" "$patience"
done
watch trace trace -q -w "$WORK/trace.rec"
for face in {serve,report,top}-{300,3} trace; do
	wait_for 60 is_ready "$face" || { fail agree "$face was not ready: $(cat "$WORK/$face.err")"; exit 1; }
done

# ---- the situations ----

# hold NETNS FILE SITUATION: of tests/live/field/FILE.
HELD=()
hold() {
	local stop
	mkfifo "$WORK/$3.stop"
	ip netns exec "$1" python3 "$TESTS/live/field/$2.py" hold "$3" <"$WORK/$3.stop" >"$WORK/$3.held" 2>"$WORK/$3.err" &
	exec {stop}>"$WORK/$3.stop"
	on_exit "exec $stop>&-"
	HELD+=("$3")
}
for situation in half_closed one_way no_descriptors closed; do
	hold "$field" situations $situation
done
# It takes ports from which others connect.
hold "$alike" situations alike
for situation in listeners group holders mptcp; do
	hold "$whose" whose $situation
done
start_trouble "$full" "$WORK/full" ports && start_trouble "$cases" "$WORK/cases" "$far" || exit 1
for situation in "${HELD[@]}"; do
	wait_for 30 grep -qE '^(ready|skip)' "$WORK/$situation.held" || fail agree "$situation did not play: $(tail -2 "$WORK/$situation.err")"
done
none=$(awk '$3 == "none" { printf "%s%s", sep, $2; sep = "," }' "$WORK/cases")
# More than the shorter patience for all.
sleep 4.5

# ---- asking ----

# ask PATIENCE: all faces, within seconds, between two looks of `stuck`. As $WORK/FACE.
ask() {
	local patience=$1
	{
		"$TCPDWELL" stuck "${THERE[@]}" --patience "$patience" -f json -w "$WORK/rec" >"$WORK/before"
		curl -s "$(grep -oE 'http://[^ ]*/metrics' "$WORK/serve-$patience.err")" >"$WORK/serve"
		pane capture-pane -p -t "top-$patience" >"$WORK/top"
		"$TCPDWELL" report "$WORK/late.html" -q -d 0.1 "${THERE[@]}" --patience "$patience"
		"$TCPDWELL" stuck "${THERE[@]}" --patience "$patience" -f json >"$WORK/after"
		plainly "$TCPDWELL" stuck -r - --patience "$patience" -f json <"$WORK/rec" >"$WORK/replayed"
		plainly "$TCPDWELL" report - -q -r - --patience "$patience" <"$WORK/rec" >"$WORK/replayed.html"
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
			watched-report-late="$WORK/late.html" stuck="$WORK/after" >"$WORK/compared" && break
		note agree "--patience $patience, try $try: $(grep -c '^    ' "$WORK/compared") disagreements"
	done
	cat "$WORK/compared"
	compare "$patience" "$WORK/before" "$WORK/before" exact-stuck-recorded="$WORK/replayed" exact-report-recorded="$WORK/replayed.html"
	cmp -s "$WORK/before" "$WORK/replayed" && ok agree "stuck -r: the same, byte for byte" || fail agree "stuck -r: $(diff "$WORK/before" "$WORK/replayed" | head -4)"
	[ ! -s "$WORK/ask.err" ] || fail agree "says on stderr: $(head -3 "$WORK/ask.err")"
done

# Who has watched tells as it ends, once.
for patience in "${PATIENCES[@]}"; do
	"$TCPDWELL" stuck "${THERE[@]}" --patience "$patience" -f json >"$WORK/before"
	kill -TERM "${WATCHER[report-$patience]}"
	wait "${WATCHER[report-$patience]}"
	"$TCPDWELL" stuck "${THERE[@]}" --patience "$patience" -f json >"$WORK/after"
	compare "$patience" "$WORK/before" "$WORK/after" watched-report="$WORK/report-$patience.html"
done
kill -TERM "${WATCHER[trace]}"
wait "${WATCHER[trace]}"
for patience in "${PATIENCES[@]}"; do
	"$TCPDWELL" stuck -r "$WORK/trace.rec" --patience "$patience" -f json >"$WORK/before"
	"$TCPDWELL" report - -q -r "$WORK/trace.rec" --patience "$patience" >"$WORK/replayed.html"
	compare "$patience" "$WORK/before" "$WORK/before" exact-report-of-trace="$WORK/replayed.html"
done
