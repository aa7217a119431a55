# SPDX-License-Identifier: GPL-2.0-only
# The module comes and goes under traffic, again and again.
. "$(dirname "$0")/lib.sh"

rounds=${KP2PADM_RELOADS:-200}
bridge_up
host c pc 10.77.0.3 fd77::3
storm a
storm b
# less than the machine can carry, or the storms would be left without a turn
bg a ping -q -i 0.05 $B4
bg a ping -q -i 0.05 -6 $B6
bg b iperf3 -s
sleep 1
bg a iperf3 -b 1M -t 3600 -c $B4
for i in $(seq "$rounds"); do
	load
	# seen at work now and then, gone at once at other times
	if ((i % 10 == 0)); then
		eventually 120 some_flows
		py <<<'import nl; nl.Genl().set("enforce", bittorrent="drop")'
		eventually 120 some_drops
	fi
	if ((i % 25 == 0)); then cat /proc/net/kp2padm/flows >/dev/null; fi
	unload
done
a ping -c1 -W5 $B4 >/dev/null
say "$rounds loads"
