# SPDX-License-Identifier: GPL-2.0-only
# Nobody is locked out: with everything dropped that can be named, an ssh session
# and the web go on; with everything dropped that can be dropped, ARP, ND, DHCP,
# router advertisements, STP, ICMP and its errors, and multicast discovery do.
. "$(dirname "$0")/lib.sh"

bridge_up
host c pc 10.77.0.3 fd77::3
load
py <<'PY'
import nl
gw = nl.Genl()
apps = [a for a in gw.apps() if a != "unknown"]
gw.install("enforce", [{"name": a, "app": [a], "verdict": "drop"} for a in apps] +
           [{"name": "p2p", "category": ["p2p", "im"], "verdict": "reset"}], default="drop")
PY
# -- what is not P2P -------------------------------------------------------------------
mkdir -p /run/sshd /root/.ssh
ssh-keygen -q -t ed25519 -N '' -f "$LOGS/key"
cp "$LOGS/key.pub" /root/.ssh/authorized_keys
chmod 700 /root /root/.ssh
bg b /usr/sbin/sshd -D -e -h "$LOGS/key" -o UsePAM=no -o StrictModes=no -o ListenAddress=$B4 -p 22
listening() { [ "$(ip netns exec b ss -Hltn "sport = :22")" ]; }
eventually 20 listening
echo 'for i in 1 2 3 4 5 6; do echo line $i; sleep 1; done' >"$LOGS/talk"
a ssh -i "$LOGS/key" -o StrictHostKeyChecking=no -o UserKnownHostsFile=/dev/null -o LogLevel=ERROR \
	root@$B4 sh -s <"$LOGS/talk" >"$LOGS/said"
is "the ssh session" "$(wc -l <"$LOGS/said")" 6
head -c 300000 /dev/urandom >"$LOGS/page"
bg a busybox httpd -f -p $A4:8080 -h "$LOGS"
sleep 1
b curl -sSf -m 20 -o "$LOGS/got" http://$A4:8080/page
cmp "$LOGS/page" "$LOGS/got"
is "dropped so far" "$(counter dropped)" 0

# -- what may never be dropped ------------------------------------------------------------
py <<'PY'
import nl
nl.Genl().install("enforce", [{"name": "all", "verdict": "drop"}], default="drop")
PY
refused b curl -sSf -m 2 -o /dev/null http://$A4:8080/page
for n in a b; do
	ip -n $n neigh flush all
	ip netns exec $n sysctl -qw net.ipv6.conf.eth0.accept_ra=2
done
a ping -c2 -i0.2 $B4 >/dev/null
a ping -6 -c2 -i0.2 $B6 >/dev/null
is "ARP and ND" "$(ip -n a neigh show $B4 | grep -c lladdr)$(ip -n a neigh show $B6 | grep -c lladdr)" 11

# DHCP: a server on b, a client on c
c() { ip netns exec c "$@"; }
bg b dnsmasq -k -p 0 -i eth0 -F 10.77.0.100,10.77.0.120,1h -l "$LOGS/leases" --log-facility=- \
	--enable-ra -F ::,constructor:eth0,ra-only
sleep 2
c busybox udhcpc -f -n -q -t 8 -T 1 -i eth0 -s /bin/true >"$LOGS/dhcp" 2>&1
grep -q 'lease of 10.77.0.1[012]' "$LOGS/dhcp" || fail "no lease: $(cat "$LOGS/dhcp")"
# a router's advertisement makes an address
has_ra_address() { ip -n c -6 addr show dev eth0 | grep -q 'fd77.*mngtmpaddr\|fd77.*dynamic'; }
c sysctl -qw net.ipv6.conf.eth0.accept_ra=2 net.ipv6.conf.eth0.autoconf=1
eventually 30 has_ra_address

py <<'PY'
from lab import *

a, b, c = Port("a"), Port("b"), Port("c")
learn(a, b, c)
SRC, DST = "10.77.0.1", "10.77.0.2"
quoted = ip4(DST, SRC, TCP, tcp(DST, SRC, 80, 9, ACK)[:8])
kept = {
    "ICMP unreachable": a.to(b, ip4(SRC, DST, ICMP, struct.pack("!BBHI", 3, 1, 0, 0) + quoted)),
    "fragmentation needed": a.to(b, ip4(SRC, DST, ICMP, struct.pack("!BBHHH", 3, 4, 0, 0, 1280) + quoted)),
    "IPv6 packet too big": a.to(b, ip6("fd77::1", "fd77::2", ICMP6, struct.pack("!BBHI", 2, 0, 0, 1280) + bytes(48)), IPV6),
    "IGMP": a.to("01:00:5e:00:00:16", ip4(SRC, "224.0.0.22", 2, struct.pack("!BBHHH", 0x22, 0, 0, 0, 0))),
    "mDNS": a.to("01:00:5e:00:00:fb", ip4(SRC, "224.0.0.251", UDP, udp(SRC, "224.0.0.251", 5353, 5353, bytes(12)))),
    "SSDP": a.to("01:00:5e:7f:ff:fa", ip4(SRC, "239.255.255.250", UDP, udp(SRC, "239.255.255.250", 5000, 1900, b"M-SEARCH"))),
    "mDNS, IPv6": a.to("33:33:00:00:00:fb", ip6("fe80::1", "ff02::fb", UDP, udp("fe80::1", "ff02::fb", 5353, 5353, bytes(12))), IPV6),
    "BGP": a.to(b, ip4(SRC, DST, TCP, tcp(SRC, DST, 9, 179, SYN))),
    "OSPF": a.to("01:00:5e:00:00:05", ip4(SRC, "224.0.0.5", 89, bytes(24))),
    "VRRP": a.to("01:00:5e:00:00:12", ip4(SRC, "224.0.0.18", 112, bytes(24))),
    "link-local": a.to(b, ip4("169.254.1.1", "169.254.1.2", TCP, tcp("169.254.1.1", "169.254.1.2", 9, 80, SYN))),
    "LLDP-like": a.to(b, bytes(46), 0x88cc),
    "PPPoE discovery": a.to(BROADCAST, b"\x11\x09\0\0\0\0".ljust(46, b"\0"), 0x8863),
    "ESP": a.to(b, ip4(SRC, DST, 50, bytes(40))),
    "GRE": a.to(b, ip4(SRC, DST, 47, bytes(40))),
}
gone = {
    "TCP": a.to(b, ip4(SRC, DST, TCP, tcp(SRC, DST, 10, 80, SYN))),
    "UDP": a.to(b, ip4(SRC, DST, UDP, udp(SRC, DST, 10, 80, b"x"))),
}
for what, frame in kept.items():
    expect(f"{what}: arrives", len(offer(a, [frame], b)), 1)
for what, frame in gone.items():
    expect(f"{what}: arrives", len(offer(a, [frame], b)), 0)
PY
# a bridge's own protocol, where it is forwarded
echo 0 >/sys/class/net/br0/bridge/stp_state
py <<'PY'
from lab import *
a, b = Port("a"), Port("b")
bpdu = mac("01:80:c2:00:00:00") + mac(a.mac) + struct.pack("!H", 38) + b"\x42\x42\x03" + bytes(35)
got = [f for f in offer(a, [bpdu], b) if f[:6] == bpdu[:6]]
expect("a BPDU, STP off", len(got), 1)
PY
