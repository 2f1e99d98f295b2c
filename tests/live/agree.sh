#!/bin/bash
# One account: before all that `trouble` plays, and other people's programs, `stuck`, `top`, `serve`, `report`, and what
# reads a recording of that moment, agree on rule, owner and age class (below or above the patience) of every socket;
# those that have watched from the beginning, and those that came later. Where the way or the ports are the matter:
# agree-ways.sh, agree-ports.sh.
# shellcheck source=tests/live/agree.sh.inc
. "$(dirname "$0")/agree.sh.inc"
agree_can agree
part cases 45
part programs 200
part processes 100
netns_of cases cases full
netns_of programs field streams alike everywhere whose fast
netns_of processes process closing inner
netns_of "" far
for link in 1 2; do
	ip -n "$cases" link add link$link type veth peer name link$link netns "$far" &&
		ip -n "$cases" addr add 10.99.$link.1/24 dev link$link && ip -n "$far" addr add 10.99.$link.2/24 dev link$link &&
		ip -n "$cases" link set link$link up && ip -n "$far" link set link$link up || { fail agree "no veth pair"; exit 1; }
done
# Their clocks are not those of the kernel's stamps.
asker shifted cases 'exec unshare -T --kill-child --monotonic 86400 "$@"'
asker behind processes 'exec unshare -T --kill-child --monotonic -60 --boottime 5 "$@"'
agree_watch

for situation in half_closed one_way no_descriptors closed; do
	hold "$field" situations $situation
done
for situation in streams user_timeout; do
	hold "$streams" situations $situation
done
# It takes ports from which others connect.
hold "$alike" situations alike
hold "$everywhere" situations alike_everywhere
for situation in listeners group polled shared holders daemon renamed mptcp ring; do
	hold "$whose" whose $situation
done
for situation in threads closing; do
	hold "$closing" whose $situation
	# The numbers of threads as another pid namespace counts them.
	hold_as $situation-pidns unshare -pf --kill-child --mount-proc nsenter --net="/run/netns/$inner" python3 "$TESTS/live/field/whose.py" hold $situation
done
for situation in vanishes not_accepted server_closes; do
	hold "$fast" fast_open $situation
done
for situation in stopped stopped_worker frozen frozen_v1 hung traced out_of_descriptors reader; do
	hold "$process" process $situation
done
hold "$process" situations other_end
start_trouble "$full" "$WORK/full" ports && start_trouble "$cases" "$WORK/cases" "$far" || exit 1
NONE=$(awk '$3 == "none" { printf "%s%s", sep, $2; sep = "," }' "$WORK/cases")
agree_await
agree
