# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=bash
# One exchange over whatever link lies between the hosts; for the tests t_links_*.
#
# Sourced behind clients.sh.

content film 2
content page 2
load timeout_tcp_closed=300

# plain_packets: no offloads anywhere, so that a packet is a packet for everybody
plain_packets() {
	local ns dev
	offloads off
	for ns in a b; do
		for dev in $(ip netns exec $ns ls /sys/class/net); do
			[ "$dev" = lo ] || ip netns exec $ns ethtool -K "$dev" tx off tso off gso off gro off >/dev/null 2>&1 || true
		done
	done
}

# watch, watch_end: what crosses the port pa, into $WORK/pa.pcap; nothing may be missing
watch() {
	tcpdump --immediate-mode -B 16384 -U -s 128 -i pa -w "$WORK/pa.pcap" 2>"$WORK/tcpdump" &
	WATCH=$!
	eventually 10 test -s "$WORK/pa.pcap"
}
watch_end() {
	sleep 0.5
	kill -INT $WATCH
	wait $WATCH || true
	grep -q '^0 packets dropped by kernel' "$WORK/tcpdump" || fail "tcpdump missed packets"
}

# link_is A4 B4 A6 B6: the hosts' addresses on the link to test
link_is() { LINK_A4=$1 LINK_B4=$2 LINK_A6=$3 LINK_B6=$4; }

# fetch_film DIR PORT4 PORT6: b begins to fetch it from these ports of a's
fetch_film() {
	ports LEECH4 LEECH6
	INTO=$WORK/$1-4 peer b leech film "$LINK_B4:$LEECH4" --peer "$LINK_A4:$2"
	INTO=$WORK/$1-6 peer b leech film "[$LINK_B6]:$LEECH6" --peer "[$LINK_A6]:$3"
}

# one_flow WHAT EXACT PORT CONDITION...: the transfer from that port is one flow as it should be
one_flow() {
	local what=$1 exact=$2 port=$3
	shift 3
	named "$what" tcp 4 port=$port
	flow "$what" port=$port "$@"
	[ "$exact" != exact ] || is "$what: packets to the seed and from it" \
		"${FLOW[packets]} ${FLOW[reply_packets]}" \
		"$("$TOP/tests/vm/count_port.py" "$WORK/pa.pcap" $port)"
}

# exchange WHAT exact|about CONDITION...: a transfer is one flow for which the conditions hold,
# named at its first payload; with the policy to drop it a second one gets nowhere, while the
# web works. exact: its packets are those that tcpdump saw.
exchange() {
	local what=$1 exact=$2 before
	shift 2
	rm -rf "$WORK/first-4" "$WORK/first-6"
	ports P4 P6 Q4 Q6 WEB
	web a "$LINK_A4:$WEB"
	peer a seed film "$LINK_A4:$P4,[$LINK_A6]:$P6,$LINK_A4:$Q4,[$LINK_A6]:$Q6"
	eventually 60 listening a $Q6
	[ $exact != exact ] || watch
	fetch_film first $P4 $P6
	eventually 60 arrived film "$WORK/first-4"
	eventually 60 arrived film "$WORK/first-6"
	eventually 10 any_flow port=$P4 flags~closed
	eventually 10 any_flow port=$P6 flags~closed
	[ $exact != exact ] || watch_end
	one_flow "$what, IPv4" $exact $P4 "$@"
	one_flow "$what, IPv6" $exact $P6 "$@"

	"$CTL" policy set bittorrent=drop >/dev/null
	before=$(counter dropped)
	fetch_film second $Q4 $Q6
	fetch b "http://$LINK_A4:$WEB/page" page
	eventually 20 any_flow port=$Q4 verdict=drop
	eventually 20 any_flow port=$Q6 verdict=drop
	sleep 1
	refused arrived film "$WORK/second-4"
	refused arrived film "$WORK/second-6"
	holds "$what: drops" "$(counter dropped) > $before"
	flow "$what, web" port=$WEB "$@"
	is "$what, web: application" "${FLOW[app]}/${FLOW[verdict]}" unknown/pass
	stop_all
	"$CTL" policy flush >/dev/null
	say "$what: $SECONDS s"
}
