# SPDX-License-Identifier: GPL-2.0-only
# Tagged links: a trunk on both sides, an access port opposite a trunk, two tags,
# and a provider's bridge (802.1ad) with a trunk or a customer's port. A flow is
# one flow, however differently its two directions look.
. "$(dirname "$0")/lib.sh"
. "$(dirname "$0")/clients/clients.sh"

bridge_up
. "$(dirname "$0")/links.sh"
link_is 10.78.0.1 10.78.0.2 fd78::1 fd78::2

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
