# SPDX-License-Identifier: GPL-2.0-only
# Tagged links: a trunk on both sides, an access port opposite a trunk, two tags,
# and a provider's bridge (802.1ad) with a trunk or a customer's port. A flow is
# one flow, however differently its two directions look.
. "$(dirname "$0")/lib.sh"
. "$(dirname "$0")/clients/clients.sh"

bridge_up
. "$(dirname "$0")/links.sh"
link_is 10.78.0.1 10.78.0.2 fd78::1 fd78::2

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

for ns in a b; do tagged $ns eth0 10; done
addressed a eth0.10 1
addressed b eth0.10 2
ready
exchange "trunk to trunk" exact vlan=10 inner_vlan= pppoe=

clean
ip link set br0 type bridge vlan_filtering 1
tagged b eth0 10
addressed a eth0 1
addressed b eth0.10 2
bridge vlan add dev pa vid 10 pvid untagged
bridge vlan add dev pb vid 10
ready
exchange "access to trunk" exact vlan=10 inner_vlan= pppoe=

clean
for ns in a b; do
	tagged $ns eth0 10
	tagged $ns eth0.10 20
done
addressed a eth0.10.20 1
addressed b eth0.10.20 2
ready
exchange "802.1Q in 802.1Q" exact vlan=10 inner_vlan=20 pppoe=

clean
ip link set br0 type bridge vlan_protocol 802.1ad vlan_filtering 1
for ns in a b; do
	tagged $ns eth0 100 802.1ad
	tagged $ns eth0.100 20
done
addressed a eth0.100.20 1
addressed b eth0.100.20 2
bridge vlan add dev pa vid 100
bridge vlan add dev pb vid 100
ready
exchange "802.1ad trunk to trunk" exact vlan=100 inner_vlan=20 pppoe=

clean
ip link set br0 type bridge vlan_protocol 802.1ad vlan_filtering 1
tagged a eth0 20
tagged b eth0 100 802.1ad
tagged b eth0.100 20
addressed a eth0.20 1
addressed b eth0.100.20 2
bridge vlan add dev pa vid 100 pvid untagged
bridge vlan add dev pb vid 100
ready
exchange "802.1ad customer to trunk" exact vlan=100 inner_vlan=20 pppoe=
