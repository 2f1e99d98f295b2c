#!/usr/bin/awk -f
# metrics.awk FILE... - what has to be true of every exposition, in either format; prints what is not. Series are
# unique; a family is introduced once, before its samples; buckets go up to +Inf, in order, and end in the count.
function series_of(line) { return substr(line, 1, match(line, / [^ ]*$/) - 1) }

/^# TYPE / {
	if ($3 in type) print FNR ": " $3 " is introduced twice"
	type[$3] = $4
	next
}
/^#/ || /^$/ { next }
{
	series = series_of($0)
	if (series in seen) print FNR ": " series " twice"
	seen[series] = 1
	name = series
	sub(/\{.*/, "", name)
	family = name
	if (!(family in type)) sub(/_(total|info|bucket|count|sum)$/, "", family)
	if (!(family in type)) print FNR ": " name " is of no family"
	if (type[family] == "counter" && $NF < 0) print FNR ": a negative counter"
}
/_bucket\{/ {
	le = series
	sub(/.*,le="/, "", le)
	sub(/".*/, "", le)
	group = series
	sub(/,le=.*/, "}", group)
	sub(/_bucket/, "_count", group)
	if (group == last && ($NF < value || (le != "+Inf" && le + 0 <= bound + 0)))
		print FNR ": " series " is out of order"
	if (group != last && last != "" && bound != "+Inf") print FNR ": no +Inf before " series
	last = group
	value = $NF
	bound = le
	if (le == "+Inf") whole[group] = $NF
	buckets[group]++
}
/_count[{ ]/ {
	if (!(series in whole)) print FNR ": " series " without buckets"
	else if (whole[series] != $NF) print FNR ": " series " is " $NF ", its last bucket " whole[series]
	if (sets && buckets[series] != sets) print FNR ": " series " has " buckets[series] " buckets, others " sets
	sets = buckets[series]
}
