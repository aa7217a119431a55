# SPDX-License-Identifier: GPL-2.0-only
# A PPPoE session across the bridge, IPv4 and IPv6 inside: pppd against
# pppoe-server; then the same session inside a VLAN.
. "$(dirname "$0")/lib.sh"
. "$(dirname "$0")/clients/clients.sh"

bridge_up
. "$(dirname "$0")/links.sh"
link_is 10.79.0.1 10.79.0.2 fd79::1 fd79::2
modprobe pppoe
mkdir -p /var/run/pppd /run/pppd/lock

# session OFFSET DEV: it gets the number OFFSET + 1
session() {
	cat >"$WORK/ppp-options" <<-END
	noauth
	noipdefault
	nodetach
	+ipv6
	lcp-echo-interval 0
	END
	bg b pppoe-server -F -I "$2" -L 10.79.0.2 -R 10.79.0.1 -N 1 -o "$1" -O "$WORK/ppp-options"
	bg a pppd plugin rp-pppoe.so "nic-$2" noauth nodetach nopersist noipdefault +ipv6 \
		lcp-echo-interval 0 maxfail 3
	eventually 40 a ping -c1 -W1 10.79.0.2
	ip -n a addr add fd79::1/64 dev ppp0 nodad
	ip -n b addr add fd79::2/64 dev ppp0 nodad
	eventually 10 a ping -6 -c1 -W1 fd79::2
	plain_packets
	# stop_all between the transfers is not for these
	SESSION=("${PIDS[@]}")
	PIDS=()
}
session_end() {
	PIDS=("${SESSION[@]}")
	stop_all
	# the server's pppd are its own children
	ip netns pids b | xargs -r kill 2>/dev/null || true # they may end by themselves
	eventually 10 no_ppp
}
no_ppp() { [ -z "$(a ls /sys/class/net | grep ppp)$(b ls /sys/class/net | grep ppp)" ]; }

session 41 eth0
exchange "PPPoE" exact vlan= inner_vlan= pppoe=42
session_end

for ns in a b; do ip -n $ns link add link eth0 name eth0.7 up type vlan id 7; done
session 1000 eth0.7
exchange "PPPoE in a VLAN" exact vlan=7 inner_vlan= pppoe=1001
session_end
