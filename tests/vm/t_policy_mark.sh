# SPDX-License-Identifier: GPL-2.0-only
# A rule's mark and priority are seen behind the gateway: by nftables at the
# bridge's postrouting, and by tc on the port.
. "$(dirname "$0")/lib.sh"

bridge_up
offloads off
load
nft -f - <<-NFT
	table bridge behind {
		chain post {
			type filter hook postrouting priority 0
			meta mark 0x12 counter name marked
			meta mark and 0xff00 == 0x4500 counter name kept
			meta priority 2:1 counter name urgent
		}
		counter marked {}
		counter kept {}
		counter urgent {}
		chain pre {
			type filter hook prerouting priority 0
			ip saddr 10.77.0.1 udp dport 5001 meta mark set 0x4501
		}
	}
NFT
tc qdisc add dev pb root handle 1: prio
tc filter add dev pb parent 1: protocol ip handle 0x12 fw action pass
seen() { nft -j list counter bridge behind "$1" | python3 -c 'import json, sys; print(json.load(sys.stdin)["nftables"][1]["counter"]["packets"])'; }
by_tc() { tc -s filter show dev pb | awk '/Sent/ { print $4; exit }'; }
py <<'PY'
import nl
nl.Genl().install("enforce", [
    {"name": "some bits", "host": ["10.77.0.2/32"], "vlan": [(0, 0)], "direction": ["transit"],
     "mark": 0x12, "mask": 0xff, "priority": 0x20001},
    {"name": "not this one", "mark": 0x99}])
PY
send() { a python3 -c 'import socket, sys
s = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
s.bind(("10.77.0.1", 4000))
for _ in range(20): s.sendto(b"x" * 50, ("10.77.0.2", int(sys.argv[1])))' "$1"; }
send 5000
is "marked, seen by nftables" "$(seen marked)" 20
is "priority, seen by nftables" "$(seen urgent)" 20
is "marked, seen by tc" "$(by_tc)" 20
send 5001
is "bits that the rule does not speak of are kept" "$(seen kept)" 20
is "marked by the gateway" "$(counter marked)" 40
is "by its rule" "$(py <<<'import nl; print(nl.Genl().rules()[0]["marked"])')" 40
py <<<'import nl; nl.Genl().install("observe", [{"name": "m", "mark": 0x12}])'
send 5000
is "an observing policy marks nothing" "$(seen marked)" 20
