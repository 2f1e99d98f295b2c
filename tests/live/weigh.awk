#!/usr/bin/awk -f
# weigh.awk - told + withheld = happened? Reads what witness.awk puts side by side, sorted.
#
# With `unheard` nobody told anything, and what is of the kind is counted as withheld. With `minis` the expiries of
# mini-sockets have to be told too. Prints a line a finding, fields separated by tabs, and a sum:
#
#   withheld|missing|invented  PORT  WHAT  TASK
#   sum  MOVES TOLD WITHHELD MISSING INVENTED  EXPIRIES TOLD WITHHELD MISSING
#
# What was told is what happened nearest to it in time and has the same key; each telling counts once.

BEGIN { FS = OFS = "\t" }

$1 != key { settle(); key = $1 }
$3 == "happened" { n++; when[n] = $2; port[n] = $4; host[n] = $5; on[n] = $6; told[n] = unheard && !$5; next }
{ tellings++; said[tellings] = $2; said_port = $4 }

END {
	settle()
	for (i = 1; i <= findings; i++)
		conclude(i)
	print "sum", count["move"] + 0, count["told move"] + 0, count["withheld move"] + 0, count["missing move"] + 0,
		invented + 0, count["expiry"] + 0, count["told expiry"] + 0, count["withheld expiry"] + 0, count["missing expiry"] + 0
}

function distance(a, b) { return a > b ? a - b : b - a }

# All that happened, and was told, of one key.
function settle(   i, j, best, kind) {
	kind = key ~ / expiry$/ ? "expiry" : "move"
	first = 1
	for (j = 1; j <= tellings; j++) {
		best = nearest(said[j], kind)
		if (best)
			told[best] = 1
		else if (kind == "move") {
			print "invented", said_port, key, "nobody"
			invented++
		}
	}
	for (i = 1; i <= n; i++) {
		count[kind]++
		if (!told[i])
			find(kind, i)
		else {
			count["told " kind]++
			# A host that withholds does so from each of its threads, each time.
			if (host[i] && !unheard)
				refuted = 1
		}
	}
	n = tellings = 0
}

# Both are in the order of time; a churn has thousands of one key. An exact end that is no expiry's is another's business:
# half a second is far more than lies between the two, and far less than two ends of one connection are apart.
function nearest(time, kind,   i, best) {
	while (first <= n && told[first])
		first++
	best = 0
	for (i = first; i <= n; i++) {
		if (told[i] || (kind == "expiry" && distance(when[i], time) > 0.5))
			continue
		if (!best || distance(when[i], time) < distance(when[best], time))
			best = i
		else if (when[i] > time)
			break
	}
	return best
}

# Not told. What that is depends on all the others.
function find(kind, i) {
	f_kind[++findings] = kind
	f_key[findings] = key
	f_port[findings] = port[i]
	f_host[findings] = host[i]
	f_on[findings] = on[i]
	split(key, word, " ")
	f_tuple[findings] = word[1]
	if (kind == "move" && host[i])
		is_hit[word[1]] = 1
}

# Of a mini-socket that it did not see begin, a tracer cannot know the end exactly.
function conclude(i,   verdict) {
	if (f_kind[i] == "expiry" && !minis)
		return
	verdict = !refuted && (f_host[i] || (f_kind[i] == "expiry" && f_tuple[i] in is_hit)) ? "withheld" : "missing"
	count[verdict " " f_kind[i]]++
	print verdict, f_port[i], f_key[i], f_on[i]
}
