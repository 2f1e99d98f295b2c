#!/usr/bin/awk -f
# witness.awk - puts what an ftrace instance saw (witness.sh.inc) beside what a tracer told of it.
#
#   awk -f witness.awk -v low=PORT -v high=PORT TASKS TRACE [RAW.csv LIVES.csv] | sort -k1,1 -k2,2n | awk -f weigh.awk
#
# TASKS: the threads of process 1, a line each; empty: nothing is ever withheld. TRACE: the instance's `trace`. RAW and
# LIVES: one recording as the tracer replays it, with --raw and without. Prints a line for all that happened and for all
# that was told, fields separated by tabs:
#
#   KEY  TIME  happened  PORT  HOST  TASK    HOST is 1 if it is of the kind that may be withheld
#   KEY  TIME  told      PORT
#
# KEY is "TUPLE FROM > TO" of a move, "TUPLE expiry" of a mini-socket's timer; that is told by an exact end. PORT is the
# one of LOW to HIGH. Nothing is kept but the mini-sockets' timers: a churn has hundreds of thousands of lines.

BEGIN {
	FS = "\n" # lines are taken apart below, each kind in its own way
	OFS = "\t"
	n = split("ESTABLISHED SYN-SENT SYN-RECEIVED FIN-WAIT-1 FIN-WAIT-2 TIME-WAIT CLOSED CLOSE-WAIT LAST-ACK LISTEN CLOSING", ours, " ")
	split("ESTABLISHED SYN_SENT SYN_RECV FIN_WAIT1 FIN_WAIT2 TIME_WAIT CLOSE CLOSE_WAIT LAST_ACK LISTEN CLOSING", theirs, " ")
	for (i = 1; i <= n; i++)
		name["TCP_" theirs[i]] = ours[i]
}

FILENAME == ARGV[1] { is_host[$0] = 1; withholds = 1; next }
FILENAME == ARGV[2] { if ($0 !~ /^#/) testify($0); next }
{ tell($0, FILENAME == ARGV[3]) }

# ---- the witness ----

#   COMM-PID  [(TGID)] [CPU] FLAGS  TIME: EVENT: FIELDS
function testify(line,   head, rest, part, n, task, tgid, pid, softirq, context) {
	if (!match(line, /-[0-9]+ +(\( *[-0-9]+\) +)?\[[0-9]+\] [^ ]+ +[0-9]+\.[0-9]+: /))
		return
	head = substr(line, RSTART + 1, RLENGTH - 3)
	rest = substr(line, RSTART + RLENGTH)
	task = substr(line, 1, RSTART - 1)
	sub(/^ +/, "", task)
	tgid = 0
	if (match(head, /\( *[-0-9]+\)/)) {
		tgid = substr(head, RSTART + 1, RLENGTH - 2) + 0
		head = substr(head, 1, RSTART - 1) substr(head, RSTART + RLENGTH)
	}
	split(head, part, " ")
	pid = part[1]
	time = part[4]
	softirq = substr(part[3], 3, 1) == "s"
	# A task's system call and each softirq on top of it are one thread of events; an idle task is one per processor.
	context = pid (softirq ? "s" : "") (pid == 0 || softirq ? part[2] : "")
	on_host = softirq && withholds && (tgid == 1 || (pid "") in is_host) ? 1 : 0
	on = task "-" pid (on_host ? " of process 1" : "") (softirq ? ", in softirq" : "")
	n = split(rest, part, " ")
	if (part[1] == "inet_sock_set_state:")
		move(part, n, context)
	else if (part[1] == "timer_start:")
		armed[context] = part[2]
	else if (part[1] == "timer_expire_entry:")
		expire(part[2])
	else if (rest ~ /: witness ends/)
		ended = time + 0
}

function value(field) { return substr(field, index(field, "=") + 1) }

function address(text) {
	sub(/^::ffff:/, "", text)
	return text == "0.0.0.0" || text == "::" || text == "" ? "*" : text
}

# The port by which it is ours, or 0.
function port_of(sport, dport) {
	if (sport + 0 >= low && sport + 0 <= high)
		return sport + 0
	return dport + 0 >= low && dport + 0 <= high ? dport + 0 : 0
}

function tuple_of(laddr, lport, raddr, rport) { return address(laddr) ":" (lport + 0) ">" address(raddr) ":" (rport + 0) }

# A socket that connects again still holds the port of its former life, or not: that depends on where one looks.
function key_of(tuple, from, to) {
	if (from == "CLOSED" && to == "SYN-SENT")
		sub(/:[0-9]+>/, ":0>", tuple)
	return tuple " " from " > " to
}

function move(part, n, context,   sport, dport, from, to, tuple, port) {
	sport = value(part[n - 7])
	dport = value(part[n - 6])
	from = name[value(part[n - 1])]
	to = name[value(part[n])]
	tuple = tuple_of(value(part[n - 3]), sport, value(part[n - 2]), dport)
	port = port_of(sport, dport)
	# Its mini-socket was armed just before, by the same thread of events.
	if (to == "CLOSED" && (from == "FIN-WAIT-2" || from == "CLOSING") && context in armed) {
		delete owner[armed[context]]
		if (port) {
			owner[armed[context]] = tuple
			port_by[armed[context]] = port
		}
	}
	delete armed[context]
	# Before 6.15 a child is born as its listener's double, without a peer: that move is left out, see transition.bpf.c.
	if (from == "LISTEN" && to == "SYN-RECEIVED" && dport + 0 == 0)
		return
	if (port && !ended)
		print key_of(tuple, from, to), time, "happened", port, on_host, on
}

function expire(timer) {
	if (timer in owner && !ended)
		print owner[timer] " expiry", time, "happened", port_by[timer], on_host, on
	delete owner[timer]
}

# ---- the tracer ----

# The columns are as its head names them; of those with a text of their own, none that we want stands behind.
function tell(line, raw,   part, n, i, tuple, port, time) {
	gsub(/"[^"]*"/, "text", line)
	n = split(line, part, ",")
	if (FNR == 1) {
		for (i = 1; i <= n; i++)
			column[part[i]] = i
		return
	}
	if (part[1] != "transition")
		return
	time = part[column["ts_ns"]] / 1e9
	port = port_of(part[column["lport"]], part[column["rport"]])
	if (!port || time > ended)
		return
	tuple = tuple_of(part[column["laddr"]], part[column["lport"]], part[column["raddr"]], part[column["rport"]])
	if (raw)
		printf "%s\t%.6f\ttold\t%d\n", key_of(tuple, part[column["from"]], part[column["to"]]), time, port
	else if (part[column["to"]] == "CLOSED" && part[column["dwell_known"]] == "exact" && part[column["from"]] ~ /^(FIN-WAIT-2|TIME-WAIT|CLOSING)$/)
		printf "%s expiry\t%.6f\ttold\t%d\n", tuple, time, port
}
