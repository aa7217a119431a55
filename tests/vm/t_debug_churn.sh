# SPDX-License-Identifier: GPL-2.0-only
# Everything a gateway hangs on is made and taken away under traffic: ports,
# VLANs, bridges, namespaces.
. "$(dirname "$0")/lib.sh"

rounds=${KP2PADM_CHURNS:-8}
bridge_up
host c pc 10.77.0.3 fd77::3
load max_flows=2048 timeout_udp=1 timeout_udp_stream=1 timeout_tcp_new=1 timeout_tcp=2 timeout_tcp_closed=1
py <<<'import nl; nl.Genl().install("enforce", [{"name": "read", "audit": True}])'
storm a
storm b
storm c

ports() {
	for _ in $(seq $((rounds * 4))); do
		ip link set pc nomaster
		ip link set pc master br0
		ip link set pb down
		ip link set pb up
		# leaves its bridge by leaving its namespace
		ip link add t0 type veth peer name t1
		ip link set t0 master br0 up
		ip link set t1 up
		ip link set t0 netns c
		ip -n c link del t0
	done
}

vlans() {
	for i in $(seq $((rounds * 4))); do
		ip link set br0 type bridge vlan_filtering $((i % 2))
		bridge vlan add dev pa vid 2-20
		bridge vlan add dev pb vid 3 pvid untagged
		bridge vlan del dev pb vid 3
		bridge vlan add dev pb vid 1 pvid untagged
		bridge vlan del dev pa vid 2-20
	done
}

# a second bridge with a port to a storm of its own, made and deleted
bridges() {
	local ns=$1
	for _ in $(seq $((rounds * 2))); do
		ip $ns link add br1 type bridge forward_delay 0
		ip $ns link set br1 up
		ip $ns link add q0 type veth peer name q1
		ip $ns link add q2 type veth peer name q3
		for d in q0 q2; do ip $ns link set $d master br1 up; done
		for d in q1 q3; do ip $ns link set $d up; done
		sleep 0.1
		ip $ns link del br1
		ip $ns link del q0
		ip $ns link del q2
	done
}

no_link() { ! ip -n "$1" link show "$2"; }
namespaces() {
	local n
	for n in $(seq "$rounds"); do
		ip netns add "n$n"
		ip -n "n$n" link add br0 type bridge forward_delay 0
		ip -n "n$n" link set br0 up
		ip -n "n$n" link add v0 type veth peer name w0
		ip -n "n$n" link add v1 type veth peer name z1 netns c
		for p in v0 v1; do ip -n "n$n" link set $p master br0 up; done
		ip -n "n$n" link set w0 up
		ip -n c link set z1 up
		ip netns exec "n$n" "$CTL" enable >/dev/null
		# from outside, or the storm's socket would keep the namespace
		storm c z1
		sleep 1
		if ((n % 3 == 0)); then ip netns exec "n$n" "$CTL" disable >/dev/null; fi
		if ((n % 3 == 1)); then ip netns exec "n$n" cat /proc/net/kp2padm/flows >/dev/null; fi
		ip netns del "n$n"
		eventually 20 no_link c z1
		kill "${PIDS[-1]}"
		wait "${PIDS[-1]}" 2>/dev/null || true
		unset 'PIDS[-1]'
	done
}

ports & p1=$!
vlans & p2=$!
bridges "" & p3=$!
namespaces
for p in $p1 $p2 $p3; do wait "$p" || fail "a loop ended early"; done
# and the bridge itself, with everything on it
for _ in 1 2 3; do
	ip link del br0
	ip link add br0 type bridge forward_delay 0 mcast_snooping 0
	ip link set br0 up
	for p in pa pb pc; do ip link set $p master br0 up; done
	sleep 0.3
done
eventually 20 some_flows
stop_all
ip link set br0 type bridge vlan_filtering 0
eventually 10 a ping -c1 -W1 $B4
say "$(counter packets) packets, $(counter flows_created) flows, $(counter stream_ordered) segments in order"
holds "flows were read" "$(counter stream_ordered) > 100"
