# SPDX-License-Identifier: GPL-2.0-only
# The module loads beside a live bridge, observes, and goes without a trace.
. "$(dirname "$0")/lib.sh"

bridge_up
load
is "mode after a bare insmod" "$("$CTL" status --json | python3 -c 'import json,sys; print(json.load(sys.stdin)["mode"])')" observe
a ping -c3 -i0.2 $B4 >/dev/null
a ping -6 -c3 -i0.2 $B6 >/dev/null
holds "ICMP is exempt and counted" "$(counter exempt_not_l4) >= 12"
unload
refused test -d /proc/net/kp2padm
a ping -c1 $B4 >/dev/null
for _ in 1 2 3; do load; unload; done
