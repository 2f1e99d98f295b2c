#!/usr/bin/awk -f
# ss.awk - `ss -tanpoeH` as lines "STATE LPORT RPORT PID:FD,PID:FD...", states as tcpdwell names them, holders sorted or '-';
# with -v full=1 cookie and, of what is held, uid behind it.
function sorted(n, i, j, one, list) {
	for (i = 2; i <= n; i++)
		for (j = i; j > 1 && held[j - 1] > held[j]; j--) { one = held[j]; held[j] = held[j - 1]; held[j - 1] = one }
	for (i = 1; i <= n; i++) list = list (i > 1 ? "," : "") held[i]
	return list
}
BEGIN { name["ESTAB"] = "ESTABLISHED"; name["SYN-RECV"] = "SYN-RECEIVED" }
{
	state = $1 in name ? name[$1] : $1
	sub(/.*:/, "", $4); sub(/.*:/, "", $5); sub(/\*/, "0", $5)
	n = 0; rest = $0
	while (match(rest, /pid=[0-9]+,fd=[0-9]+/)) {
		one = substr(rest, RSTART, RLENGTH); rest = substr(rest, RSTART + RLENGTH)
		gsub(/pid=|fd=/, "", one); sub(/,/, ":", one); held[++n] = one
	}
	line = state " " $4 " " $5 " " (n ? sorted(n) : "-")
	if (full) {
		uid = match($0, /uid:[0-9]+/) ? substr($0, RSTART + 4, RLENGTH - 4) : 0
		match($0, /sk:[0-9a-f]+/)
		line = line " " substr($0, RSTART + 3, RLENGTH - 3) " " (n ? uid : "-")
	}
	print line
}
