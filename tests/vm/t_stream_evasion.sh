# SPDX-License-Identifier: GPL-2.0-only
# Known evasions of stream inspection, end to end against a Linux receiver: its
# application reads none of the forbidden bytes. See tools/evade.py for each.
. "$(dirname "$0")/lib.sh"

# evade PORT [had]
evade() { python3 $TOOLS/evade.py $B4 8000 "$@"; }

bridge_up
offloads off
load timeout_tcp_closed=1
# whom the attacker says he is, his own kernel knows nothing of
b ip neigh add 10.77.0.9 lladdr "$(ip netns exec a cat /sys/class/net/eth0/address)" dev eth0
# what lives for one hop more has ended before its receiver
tc qdisc add dev pb root handle 1: prio
tc filter add dev pb parent 1: protocol ip u32 match u8 1 0xff at 8 action drop

say "without a gateway's rules each has the receiver read it"
evade 30000 had
"$CTL" policy load -f - >/dev/null <<-END
	mode = "enforce"
	[[content]]
	name = "that torrent"
	match = { id = "urn:btih:$(printf 42%.0s $(seq 20))" }
	verdict = "drop"
END
say "with them not"
evade 31000
for name in stream_conflicts stream_blocked stream_bad_checksum stream_urgent stream_outside fragments_dropped stream_over; do
	holds "$name" "$(counter $name) > 0"
done
