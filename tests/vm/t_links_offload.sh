# SPDX-License-Identifier: GPL-2.0-only
# Tagged links with every offload, so that packets larger than a wire's cross
# with their tags beside them, and with br_netfilter, which takes tagged packets
# through the IP families' hooks, too.
. "$(dirname "$0")/lib.sh"
. "$(dirname "$0")/clients/clients.sh"

bridge_up
. "$(dirname "$0")/links.sh"
link_is 10.78.0.1 10.78.0.2 fd78::1 fd78::2

for ns in a b; do tagged $ns eth0 10; done
addressed a eth0.10 1
addressed b eth0.10 2
ready
super_packets
ip_hooks
exchange "trunk to trunk, offloads and br_netfilter" about vlan=10 inner_vlan= pppoe=
ip_hooks_end "trunk to trunk"
super_packets_end "trunk to trunk"

clean
ip link set br0 type bridge vlan_filtering 1
tagged b eth0 10
addressed a eth0 1
addressed b eth0.10 2
bridge vlan add dev pa vid 10 pvid untagged
bridge vlan add dev pb vid 10
ready
super_packets
exchange "access to trunk, offloads" about vlan=10 inner_vlan= pppoe=
super_packets_end "access to trunk"

clean
for ns in a b; do
	tagged $ns eth0 10
	tagged $ns eth0.10 20
done
addressed a eth0.10.20 1
addressed b eth0.10.20 2
ready
super_packets
exchange "802.1Q in 802.1Q, offloads" about vlan=10 inner_vlan=20 pppoe=
super_packets_end "802.1Q in 802.1Q"
