# SPDX-License-Identifier: GPL-2.0-only
# Mininet: three hosts on a switch of its own, a Linux bridge (lxbr). The swarm
# between them is named like any other.
. "$(dirname "$0")/lib.sh"
. "$(dirname "$0")/clients/clients.sh"

load timeout_tcp_closed=300
content film 2
mkdir "$WORK/leech/h2" "$WORK/leech/h3"
ports FIRST SECOND
"$CLIENTS/mininet_swarm.py" "$CLIENTS/peer.py" "$WORK/film.torrent" "$WORK/seed" "$WORK/leech" \
	$FIRST $SECOND
arrived film "$WORK/leech/h2" || fail "the second host's file differs"
arrived film "$WORK/leech/h3" || fail "the third host's file differs"

named "from the first host to the second" tcp 4 src=10.0.0.2 dst=10.0.0.1 dport=$FIRST
named "from the second host to the third" tcp 4 src=10.0.0.3 dst=10.0.0.2 dport=$SECOND
is "flows that are not BitTorrent's" "$(flows app=unknown flags~settled)" ""
is "packets lost" "$(counter dropped)" 0
