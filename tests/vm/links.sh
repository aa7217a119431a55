# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=bash
# One exchange over whatever link lies between the hosts; for the tests t_links_*.
#
# Sourced behind clients.sh.

content film 2
content clip 1
content page 2
load timeout_tcp_closed=300

# all_offloads on|off: also on what lies on top of the hosts' eth0
all_offloads() {
	local ns dev
	offloads $1
	for ns in a b; do
		for dev in $(ip netns exec $ns ls /sys/class/net); do
			[ "$dev" = lo ] || ip netns exec $ns ethtool -K "$dev" tx $1 tso $1 gso $1 gro $1 >/dev/null 2>&1 || true
		done
	done
}
# plain_packets: no offloads anywhere, so that a packet is a packet for everybody
plain_packets() { all_offloads off; }

# nft_counter FAMILY TABLE packets|bytes: of the only counter there
nft_counter() { nft list table "$1" "$2" | awk -v w="$3" '{ for (i = 1; i < NF; i++) if ($i == w) print $(i + 1) }'; }

# super_packets, super_packets_end WHAT: the films of the exchange between the two crossed in
# packets larger than any on a wire (nftables says so), and were counted as those of the wire
super_packets() {
	all_offloads on
	# behind br_netfilter, which lets what it takes go on behind priority 0
	nft 'add table bridge big; add chain bridge big f { type filter hook forward priority 10; };
		add rule bridge big f meta length > 2000 counter'
}
super_packets_end() {
	local port film=$((2 << 20)) skbs
	skbs=$(nft_counter bridge big packets)
	# two films; what was sent one by one meanwhile does not matter
	holds "$1: bytes in super packets" "$(nft_counter bridge big bytes) > $film"
	for port in $P4 $P6; do
		flow "$1: counted as on the wire" l4=tcp port=$port
		holds "$1: packets with the film, $skbs super packets" "${FLOW[reply_packets]} > $film / 1460"
		holds "$1: packets with the film" "${FLOW[reply_packets]} > skbs"
	done
	nft delete table bridge big
	plain_packets
	say "$1: $skbs super packets"
}

# ip_hooks, ip_hooks_end WHAT: br_netfilter takes bridged packets, also tagged ones, through the
# IP families' hooks; that it did is what counters there say
ip_hooks() {
	local family
	modprobe br_netfilter
	sysctl -qw net.bridge.bridge-nf-call-iptables=1 net.bridge.bridge-nf-call-ip6tables=1 \
		net.bridge.bridge-nf-filter-vlan-tagged=1
	for family in ip ip6; do
		nft "add table $family seen; add chain $family seen f { type filter hook forward priority 0; };
			add rule $family seen f meta l4proto tcp counter"
	done
}
ip_hooks_end() {
	local family
	sysctl -qw net.bridge.bridge-nf-call-iptables=0 net.bridge.bridge-nf-call-ip6tables=0 \
		net.bridge.bridge-nf-filter-vlan-tagged=0
	for family in ip ip6; do
		holds "$1: $family's forward hook saw" "$(nft_counter $family seen bytes) > 2 << 20"
		nft delete table $family seen
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

# -- tagged links, at 10.78.0.0/24 and fd78::/64 --------------------------------

# tagged NS DEV ID [PROTOCOL]: DEV.ID on top of DEV
tagged() { ip -n "$1" link add link "$2" name "$2.$3" up type vlan protocol "${4:-802.1Q}" id "$3"; }
# addressed NS DEV HOST: the link's addresses, on no other device
addressed() {
	ip -n "$1" addr add "10.78.0.$3/24" dev "$2"
	ip -n "$1" addr add "fd78::$3/64" dev "$2" nodad
}
ready() {
	plain_packets
	eventually 10 a ping -c1 -W1 10.78.0.2
	eventually 10 a ping -6 -c1 -W1 fd78::2
}
# clean: only br0's plain ports are left
clean() {
	local ns dev
	for ns in a b; do
		for dev in $(ip netns exec $ns ls /sys/class/net | grep -F eth0. | sort -r); do
			ip -n $ns link del "$dev"
		done
	done
	ip -n a addr del 10.78.0.1/24 dev eth0 2>/dev/null || true
	ip -n a addr del fd78::1/64 dev eth0 2>/dev/null || true
	ip link set br0 type bridge vlan_filtering 0 vlan_protocol 802.1Q
	for dev in pa pb; do
		bridge vlan del dev $dev vid 2-4094
		bridge vlan add dev $dev vid 1 pvid untagged
	done
}

# fetch_film DIR PORT4 PORT6: b begins to fetch it from these ports of a's, and enters the DHT at
# the clip's seed. Not the clip's leeches do: libtorrent speaks uTP and DHT from one socket, and
# what comes first names the flow of both.
fetch_film() {
	ports LEECH4 LEECH6
	INTO=$WORK/$1-4 peer b leech film "$LINK_B4:$LEECH4" --peer "$LINK_A4:$2" --dht "$LINK_A4:$U4"
	INTO=$WORK/$1-6 peer b leech film "[$LINK_B6]:$LEECH6" --peer "[$LINK_A6]:$3" --dht "[$LINK_A6]:$U6"
}

# fetch_clip: b begins to fetch it by uTP
fetch_clip() {
	ports UTP4 UTP6
	INTO=$WORK/clip-4 peer b leech clip "$LINK_B4:$UTP4" --transport utp --peer "$LINK_A4:$U4"
	INTO=$WORK/clip-6 peer b leech clip "[$LINK_B6]:$UTP6" --transport utp --peer "[$LINK_A6]:$U6"
}

# on_this_link WHAT CONDITION...: the flow that was looked up last was met there
on_this_link() {
	local what=$1 condition
	shift
	for condition; do
		is "$what: ${condition%%=*}" "${FLOW[${condition%%=*}]-}" "${condition#*=}"
	done
}

# udp_flow WHAT VARIANT PACKET PORT PORT CONDITION...: between these ports is one flow as it
# should be, with packets of both hosts
udp_flow() {
	local what=$1 variant=$2 packet=$3 from=$4 to=$5
	shift 5
	named "$what" $variant $packet l4=udp port=$from port=$to
	on_this_link "$what" "$@"
	holds "$what: answers" "${FLOW[reply_packets]} > 0"
}

# tcp_flow WHAT PORT TO:FROM:FIRST CONDITION...: the transfer from that port is one flow as it
# should be, named at its first packet with data, by the capture's count, since a busy machine
# repeats handshakes; without a capture at the fourth, and its packets are not compared
tcp_flow() {
	local what=$1 port=$2 to from first
	IFS=: read -r to from first <<<"$3"
	shift 3
	named "$what" tcp "${first:-4}" l4=tcp port=$port
	on_this_link "$what" "$@"
	[ ! "$to" ] || is "$what: packets to the seed and from it" \
		"${FLOW[packets]} ${FLOW[reply_packets]}" "$to $from"
}

# exchange WHAT exact|about CONDITION...: a transfer by TCP is one flow for which the conditions
# hold, named at its first payload; so is one by uTP, and a conversation of the DHT. With the
# policy to drop it a second one gets nowhere, while the web works. exact: its packets are those
# that tcpdump saw.
exchange() {
	local what=$1 exact=$2 before port to from first
	local -A counted=()
	shift 2
	rm -rf "$WORK"/first-? "$WORK"/clip-?
	ports P4 P6 Q4 Q6 U4 U6 WEB
	web a "$LINK_A4:$WEB"
	peer a seed film "$LINK_A4:$P4,[$LINK_A6]:$P6,$LINK_A4:$Q4,[$LINK_A6]:$Q6"
	peer a seed clip "$LINK_A4:$U4,[$LINK_A6]:$U6" --transport utp --dht alone
	eventually 60 listening a $Q6
	eventually 60 listening a $U6
	[ $exact != exact ] || watch
	fetch_film first $P4 $P6
	fetch_clip
	eventually 60 arrived film "$WORK/first-4"
	eventually 60 arrived film "$WORK/first-6"
	eventually 60 arrived clip "$WORK/clip-4"
	eventually 60 arrived clip "$WORK/clip-6"
	eventually 10 any_flow port=$P4 flags~closed
	eventually 10 any_flow port=$P6 flags~closed
	if [ $exact = exact ]; then
		watch_end
		while read -r port to from first; do counted[$port]=$to:$from:$first; done \
			< <("$TOP/tests/vm/count_port.py" "$WORK/pa.pcap" $P4 $P6)
		is "$what: ports counted" ${#counted[@]} 2
	fi
	tcp_flow "$what, IPv4" $P4 "${counted[$P4]-}" "$@"
	tcp_flow "$what, IPv6" $P6 "${counted[$P6]-}" "$@"
	udp_flow "$what, uTP, IPv4" utp 3 $UTP4 $U4 "$@"
	udp_flow "$what, uTP, IPv6" utp 3 $UTP6 $U6 "$@"
	udp_flow "$what, DHT, IPv4" dht 1 $LEECH4 $U4 "$@"
	udp_flow "$what, DHT, IPv6" dht 1 $LEECH6 $U6 "$@"

	"$CTL" policy set bittorrent=drop >/dev/null
	before=$(counter dropped)
	fetch_film second $Q4 $Q6
	fetch b "http://$LINK_A4:$WEB/page" page
	eventually 20 any_flow l4=tcp port=$Q4 verdict=drop
	eventually 20 any_flow l4=tcp port=$Q6 verdict=drop
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
