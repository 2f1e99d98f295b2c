#!/bin/bash
# What ends idle connections is found, within 2 %, and nothing is where nothing is: 40 recordings of made up loads, in every
# other one a NAT or the like that ends what has been idle for some time, between 10 and 900 s.
. "$(dirname "$0")/../lib.sh"
MAKE=$BUILD/fuzz/idle_recording

# found FILE: "61.234 fin", a line each peak.
found() {
	"$TCPDWELL" hist -r "$1" -s established -f json | grep '"event":"idle-peak"' |
		sed -E 's/.*"peak_ns":([0-9]+),"peak_by":"([a-z]+)".*/\1 \2/' | awk '{ printf "%.3f %s\n", $1 / 1e9, $2 }'
}

# What may idle for so long, as the census has it: all that is open then, since none has keepalive.
"$MAKE" 1 "$WORK/rec" >/dev/null
open=$("$TCPDWELL" stuck -r "$WORK/rec" -s established -f json | grep -c '"event":"stuck"')
page=$("$TCPDWELL" report -q -r "$WORK/rec" - | grep -o '"idle_peaks":[^]]*]')
read -r at by <<<"$(found "$WORK/rec")"
[[ $open -gt 0 && $page = *'"by":"'"$by"'"'*'"may_idle":'"$open"'}'* ]] &&
	ok idle-report "the page has it: $page" || fail idle-report "at $at by $by, $open open: $page"

# Asked for other states, and of a part of the connections.
"$TCPDWELL" hist -r "$WORK/rec" -s close-wait -f json | grep -q idle-peak && fail idle-unasked "without ESTABLISHED" ||
	ok idle-unasked "nothing without ESTABLISHED"
"$TCPDWELL" hist -r "$WORK/rec" -s established -L 1 -f json | grep -q idle-peak && fail idle-filtered "of none" ||
	ok idle-filtered "nothing of connections that are not selected"
"$TCPDWELL" hist -r "$WORK/rec" -s established >"$WORK/text"
grep -qE '^  [0-9.ms]+: [0-9,]+ of [0-9,]+ without data for so long, as far as seen, by (FIN|RST)$' "$WORK/text" &&
	! grep '.\{81\}' "$WORK/text" && ok idle-text "$(grep 'so long' "$WORK/text")" || fail idle-text "$(tail -5 "$WORK/text")"

bad=() healthy=0 planted=0
for seed in {0..39}; do
	truth=$("$MAKE" "$seed" "$WORK/rec") || bad+=("seed $seed: no recording")
	said=$(found "$WORK/rec")
	if [[ $truth = none* ]]; then
		healthy=$((healthy + 1))
		[ -z "$said" ] || bad+=("seed $seed, $truth: says $said")
	else
		planted=$((planted + 1))
		awk -v truth="$truth" -v said="$said" 'BEGIN {
			split(truth, t, " "); n = split(said, s, /[ \n]/)
			exit !(n == 2 && s[2] == t[2] && s[1] / t[1] >= 0.98 && s[1] / t[1] <= 1.02)
		}' || bad+=("seed $seed, planted $truth: says ${said:-nothing}")
	fi
done
if [ ${#bad[@]} = 0 ]; then
	ok idle-trial "$planted killers found within 2 %, no false alarm in $healthy other recordings"
else
	printf '%s\n' "${bad[@]}"
	fail idle-trial "${#bad[@]} of $((planted + healthy)) are wrong"
fi
