#!/bin/bash
# One account, as in agree.sh, of local ports that run short, or seem to: what fills up, how many of how many, and the
# sockets that have them.
# shellcheck source=tests/live/agree.sh.inc
. "$(dirname "$0")/agree.sh.inc"
agree_can agree
part bound 20
part connected 20

# Each narrows the ports of its namespace. With N: it stands where it would be asked for the Nth time.
ports_of() {
	local situation
	for situation in "${@:2}"; do
		netns_of "$1" situation_netns
		PLAYS+=("$situation_netns ports ${situation/:/ }")
	done
}
PLAYS=()
ports_of bound five_destinations almost open_ones not_connected named_and_reset ipv6 no_address two_families two_addresses shared listeners
ports_of connected half no_port:1 no_port:2 autobind:1 autobind:2 reserved:1 reserved:3 connects connects_ipv6 devices:1 devices:2 half_closed reuse:1 reuse:3 server
agree_watch
for play in "${PLAYS[@]}"; do
	# shellcheck disable=SC2086 # words
	hold $play
done
agree_await
agree
