# SPDX-License-Identifier: GPL-2.0-only
# An asymmetric path: what a sends to b crosses the gateway's bridge, what b
# sends another one. Each side alone is named, flagged, and can be dropped.
#
#              .-> up0 -- x0 [br0] y0 -- up0 ->.
#   a -- pa [sw]                               [sw] pb -- b
#              '<- up1 -- x1 [br1] y1 -- up1 <-'     br1, sw: no gateway there
. "$(dirname "$0")/lib.sh"
. "$(dirname "$0")/clients/clients.sh"

# side NS PORT UPLINK: PORT's host gets a switch with two uplinks and uses but one
side() {
	local n
	ip netns add $1
	ip -n $1 link add sw type bridge forward_delay 0 mcast_snooping 0
	ip -n $1 link set sw up
	ip link set $2 netns $1
	ip -n $1 link set $2 master sw up
	for n in 0 1; do
		ip link add $1$n type veth peer name up$n netns $1
		ip -n $1 link set up$n master sw up
		bridge -n $1 link set dev up$n isolated on learning off
	done
	bridge -n $1 link set dev up$((1 - $3)) flood off mcast_flood off bcast_flood off
}

two_paths() {
	local port
	side x pa 0
	side y pb 1
	ip netns add z
	ip -n z link add br1 type bridge forward_delay 0 mcast_snooping 0
	ip -n z link set br1 up
	for port in x y; do
		ip link set ${port}0 master br0 up
		ip link set ${port}1 netns z
		ip -n z link set ${port}1 master br1 up
	done
	eventually 5 a ping -c1 -W1 $B4
}

# one_side WHAT SEEDER LEECHER: the transfer of which a's packets alone are seen
one_side() {
	local what=$1 seeder=$2 leecher=$3 at
	ports SEED LEECH
	[ "$seeder" = a ] && at=$A4 || at=$B4
	rm -rf "$WORK/leech"
	peer "$seeder" seed film $at:"$SEED"
	eventually 60 listening "$seeder" "$SEED"
	peer "$leecher" leech film "$([ "$leecher" = a ] && echo $A4 || echo $B4):$LEECH" --peer $at:"$SEED"
	eventually 60 arrived film
	stop_all
	named "$what" tcp 6 port="$SEED" flags~asymmetric src=$A4 reply_packets=0
	say "$what: named at packet ${FLOW[decided_packet]}"
}

bridge_up
two_paths
load timeout_tcp_closed=300
content film 2
one_side "the seed's side" a b
one_side "the leech's side" b a

"$CTL" policy set bittorrent=drop >/dev/null
ports SEED LEECH
rm -rf "$WORK/leech"
peer a seed film $A4:"$SEED"
eventually 60 listening a "$SEED"
peer b leech film $B4:"$LEECH" --peer $A4:"$SEED"
eventually 20 any_flow port="$SEED" verdict=drop
sleep 3
refused arrived film
holds "drops" "$(counter dropped) > 0"
