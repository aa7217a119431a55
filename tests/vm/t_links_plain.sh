# SPDX-License-Identifier: GPL-2.0-only
# An untagged link: packet by packet as on a wire, with every offload, and with
# br_netfilter, which takes bridged packets through iptables' hooks.
. "$(dirname "$0")/lib.sh"
. "$(dirname "$0")/clients/clients.sh"

bridge_up
. "$(dirname "$0")/links.sh"
link_is $A4 $B4 $A6 $B6

plain_packets
exchange "plain" exact vlan= inner_vlan= pppoe=

super_packets
exchange "offloads on" about vlan= inner_vlan= pppoe=
super_packets_end "offloads on"

ip_hooks
exchange "br_netfilter" exact vlan= inner_vlan= pppoe=
ip_hooks_end "br_netfilter"
