#!/bin/bash
# An address such as fe80::1 is another host behind each device: what is told to be typed does not ask about the first one.
. "$(dirname "$0")/../live.sh.inc"
can_trace field-link-local || exit 0
command -v python3 >/dev/null || { skip field-link-local "no python3"; exit 0; }
new_netns near && new_netns far || { fail field-link-local "no network namespace"; exit 1; }

in_near() { ip netns exec "$near" "$@"; }
in_far() { ip netns exec "$far" "$@"; }
for inside in in_near in_far; do
	$inside sysctl -qw net.ipv6.conf.all.accept_dad=0 net.ipv6.conf.default.accept_dad=0
done
for i in 1 2; do
	in_near ip link add va$i type veth peer name vb$i netns "$far"
	in_near ip link set va$i up
	in_far ip link set vb$i up
done
in_near ip addr add 2001:db8::1/64 dev va2 nodad
# Nobody answers a SYN: what has these addresses is not there.
for peer in fe80::2 2001:db8::2; do
	in_near ip neigh replace $peer lladdr 02:00:00:00:00:09 dev va2
done
in_near ip addr add 10.9.9.1/24 dev va2
in_near ip neigh replace 10.9.9.9 lladdr 02:00:00:00:00:09 dev va2
cat >"$WORK/syn.py" <<'END2'
import socket, sys
made = []
for port, peer in ((18501, 'fe80::2'), (18502, '2001:db8::2'), (18503, '10.9.9.9')):
    at = socket.getaddrinfo(peer + ('%va2' if peer[:4] == 'fe80' else ''), port, type=socket.SOCK_STREAM)[0]
    s = socket.socket(at[0]); s.setblocking(False); s.connect_ex(at[4]); made.append(s)
print('ready', flush=True); sys.stdin.read()
END2
mkfifo "$WORK/stop"
in_near python3 "$WORK/syn.py" <"$WORK/stop" >"$WORK/syn" &
exec {stop}>"$WORK/stop"
on_exit "exec $stop>&-"
wait_for 20 grep -q ready "$WORK/syn"
sleep 2.2

next_of() {
	"$TCPDWELL" stuck -f json --netns "$near" -P "$1" >"$WORK/look" 2>"$WORK/err"
	jq -r 'select(.event == "finding").next' "$WORK/look"
}
next=$(next_of 18501)
said=$(bash -c "$next" 2>&1)
# ss has the device at the local end.
grep -qE '\]%va2:[0-9]+ +\[fe80::2\]:18501' <<<"$said" && ok field-link-local-next "$next" || fail field-link-local-next "'$next' says: $said, $(cat "$WORK/look" "$WORK/err")"
for port in 18502 18503; do
	[[ $(next_of $port) = *"ip route get "* ]] && ok field-link-local-others "$(next_of $port)" || fail field-link-local-others "'$(next_of $port)'"
done
