# SPDX-License-Identifier: GPL-2.0-only
# What a site cannot do without passes under a policy that drops, whatever it
# carries: it is counted as what it is and makes no flow. The multicast groups
# of P2P discovery are no such thing.
. "$(dirname "$0")/lib.sh"

bridge_up group_fwd_mask 0x4000
load
silent
py <<'PY'
from lab import *
import nl

a, b = Port("a"), Port("b")
learn(a, b)
gw = nl.Genl()
gw.set("enforce", bittorrent="drop")
A4, B4, A6, B6 = "10.9.0.1", "10.9.0.2", "fd09::1", "fd09::2"
LL4, LL6 = "169.254.3.4", "fe80::5"


def ipf(src, dst, proto, payload, **kw):
    return a.to(b, ip(src, dst, proto, payload, **kw), kind_of(src))


def udpf(src, dst, sport, dport):
    return ipf(src, dst, UDP, udp(src, dst, sport, dport, LSD))


def tcpf(src, dst, sport, dport):
    return ipf(src, dst, TCP, tcp(src, dst, sport, dport, PSH | ACK, 1, 1, HANDSHAKE))


def icmp(kind, code):
    return bytes([kind, code]) + bytes(6) + ip4(A4, B4, UDP, bytes(8))


ALERT = b"\x94\x04\0\0"
HOP_ALERT = b"\x3a\0\x05\x02\0\0\x01\0"
cases = {
    "exempt_not_ip": {
        "ARP request": eth(BROADCAST, a.mac, ARP, b"\0\1\x08\0\6\4\0\1" + bytes(38)),
        "ARP reply": a.to(b, b"\0\1\x08\0\6\4\0\2" + bytes(38), ARP),
        "LLDP": eth("01:80:c2:00:00:0e", a.mac, 0x88cc, b"\2\7\4" + bytes(43)),
        "PVST, an 802.3 frame": eth("01:00:0c:cc:cc:cd", a.mac, 50, b"\xaa\xaa\3\0\0\x0c\1\x0b" + bytes(42)),
        "MPLS": a.to(b, bytes(46), 0x8847),
        "PPPoE discovery": a.to(b, b"\x11\x09" + bytes(44), 0x8863),
    },
    "exempt_not_l4": {
        "echo": ipf(A4, B4, ICMP, icmp(8, 0)),
        "fragmentation needed": ipf(A4, B4, ICMP, icmp(3, 4)),
        "unreachable": ipf(A4, B4, ICMP, icmp(3, 1)),
        "redirect": ipf(A4, B4, ICMP, icmp(5, 1)),
        "IGMP": eth("01:00:5e:00:00:16", a.mac, IPV4,
                    ip4(A4, "224.0.0.22", 2, bytes(16), options=ALERT, ttl=1)),
        "echo, IPv6": ipf(A6, B6, ICMP6, icmp(128, 0)),
        "neighbour solicitation": eth("33:33:ff:00:00:02", a.mac, IPV6,
                                      ip6(LL6, "ff02::1:ff00:2", ICMP6, icmp(135, 0), hops=255)),
        "neighbour advertisement": ipf(A6, B6, ICMP6, icmp(136, 0)),
        "router solicitation": eth("33:33:00:00:00:02", a.mac, IPV6,
                                   ip6("::", "ff02::2", ICMP6, icmp(133, 0), hops=255)),
        "router advertisement": eth("33:33:00:00:00:01", a.mac, IPV6,
                                    ip6(LL6, "ff02::1", ICMP6, icmp(134, 0), hops=255)),
        "packet too big": ipf(A6, B6, ICMP6, icmp(2, 0)),
        "MLD": eth("33:33:00:00:00:16", a.mac, IPV6,
                   ip6(LL6, "ff02::16", 0, HOP_ALERT + icmp(143, 0), hops=1)),
        "GRE": ipf(A4, B4, 47, HANDSHAKE),
        "ESP": ipf(A4, B4, 50, HANDSHAKE),
        "AH": ipf(A4, B4, 51, HANDSHAKE),
        "EIGRP": ipf(A4, B4, 88, HANDSHAKE),
        "OSPF": eth("01:00:5e:00:00:05", a.mac, IPV4, ip4(A4, "224.0.0.5", 89, HANDSHAKE, ttl=1)),
        "OSPF, unicast": ipf(A4, B4, 89, HANDSHAKE),
        "PIM": ipf(A4, B4, 103, HANDSHAKE),
        "VRRP": eth("01:00:5e:00:00:12", a.mac, IPV4, ip4(A4, "224.0.0.18", 112, HANDSHAKE)),
        "SCTP": ipf(A4, B4, 132, HANDSHAKE),
        "OSPF, IPv6": ipf(A6, B6, 89, HANDSHAKE),
        "VRRP, IPv6": ipf(A6, B6, 112, HANDSHAKE),
        "ESP, IPv6": ipf(A6, B6, 50, HANDSHAKE),
        "no next header": ipf(A6, B6, 59, HANDSHAKE),
    },
    "exempt_link": {
        "DHCP discover": eth(BROADCAST, a.mac, IPV4,
                             ip4("0.0.0.0", "255.255.255.255", UDP,
                                 udp("0.0.0.0", "255.255.255.255", 68, 67, LSD))),
        "from link-local": udpf(LL4, B4, 1000, 1001),
        "to link-local": tcpf(A4, LL4, 1000, 1001),
        "from link-local, IPv6": udpf(LL6, B6, 1000, 1001),
        "to link-local, IPv6": tcpf(A6, LL6, 1000, 1001),
        "unspecified, IPv6": udpf("::", B6, 1000, 1001),
    },
    "exempt_multicast": {
        "DHCP offer": eth(BROADCAST, a.mac, IPV4,
                          ip4(A4, "255.255.255.255", UDP, udp(A4, "255.255.255.255", 67, 68, LSD))),
        "DHCPv6 solicit": eth("33:33:00:01:00:02", a.mac, IPV6,
                              ip6(LL6, "ff02::1:2", UDP, udp(LL6, "ff02::1:2", 546, 547, LSD))),
        "broadcast": eth(BROADCAST, a.mac, IPV4,
                         ip4(A4, "255.255.255.255", UDP, udp(A4, "255.255.255.255", 9, 6771, LSD))),
        "HSRP": eth("01:00:5e:00:00:02", a.mac, IPV4,
                    ip4(A4, "224.0.0.2", UDP, udp(A4, "224.0.0.2", 1985, 1985, LSD))),
        "RIP": eth("01:00:5e:00:00:09", a.mac, IPV4,
                   ip4(A4, "224.0.0.9", UDP, udp(A4, "224.0.0.9", 520, 520, LSD))),
        "mDNS": eth("01:00:5e:00:00:fb", a.mac, IPV4,
                    ip4(A4, "224.0.0.251", UDP, udp(A4, "224.0.0.251", 5353, 5353, LSD))),
        "SSDP": eth("01:00:5e:7f:ff:fa", a.mac, IPV4,
                    ip4(A4, "239.255.255.250", UDP, udp(A4, "239.255.255.250", 9, 1900, LSD))),
        "mDNS, IPv6": eth("33:33:00:00:00:fb", a.mac, IPV6,
                          ip6(A6, "ff02::fb", UDP, udp(A6, "ff02::fb", 5353, 5353, LSD))),
        "the LSD group, another port": eth("01:00:5e:40:98:8f", a.mac, IPV4,
                                           ip4(A4, "239.192.152.143", UDP,
                                               udp(A4, "239.192.152.143", 6771, 6772, LSD))),
    },
    "exempt_control": {
        "DHCP renewal": udpf(A4, B4, 68, 67),
        "DHCP answer": udpf(A4, B4, 67, 68),
        "RIP, unicast": udpf(A4, B4, 520, 520),
        "LDP": udpf(A4, B4, 646, 646),
        "HSRP, unicast": udpf(A4, B4, 1985, 1985),
        "GLBP": udpf(A4, B4, 3222, 3222),
        "BFD": udpf(A4, B4, 49152, 3784),
        "BFD echo": udpf(A4, B4, 49152, 3785),
        "BFD, many hops": udpf(A4, B4, 49152, 4784),
        "BGP": tcpf(A4, B4, 40000, 179),
        "BGP, answers": tcpf(A4, B4, 179, 40000),
        "LDP session": tcpf(A4, B4, 40000, 646),
        "DHCPv6 relay": udpf(A6, B6, 547, 547),
        "RIPng": udpf(A6, B6, 521, 521),
        "HSRP, IPv6": udpf(A6, B6, 2029, 2029),
        "BGP, IPv6": tcpf(A6, B6, 40000, 179),
    },
}
for counter, frames in cases.items():
    for name, frame in frames.items():
        with Counted() as n:
            got = offer(a, [frame], b)
        expect(f"{name} arrives", got, [frame])
        n.expect(name, packets=1, bytes=len(frame) - 14, **{counter: 1})
expect("flows of what is exempt", gw.flows(), [])

groups = {
    "LSD": eth("01:00:5e:40:98:8f", a.mac, IPV4,
               ip4(A4, "239.192.152.143", UDP, udp(A4, "239.192.152.143", 6771, 6771, LSD))),
    "LSD, IPv6": eth("33:33:ef:c0:98:8f", a.mac, IPV6,
                     ip6(A6, "ff15::efc0:988f", UDP, udp(A6, "ff15::efc0:988f", 6771, 6771, LSD))),
}
for name, frame in groups.items():
    with Counted() as n:
        got = offer(a, [frame, frame], b)
    expect(f"{name} is dropped", got, [])
    n.expect(name, packets=2, flows_created=1, flows_named=1, dropped=2,
             dropped_bytes=2 * (len(frame) - 14))
flows = gw.flows("bittorrent")
expect("LSD's names", sorted(f["app"] + "/" + f["variant"] for f in flows), ["bittorrent/lsd"] * 2)
PY
say "every exempt kind passes, LSD does not"
