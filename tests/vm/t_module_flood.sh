# SPDX-License-Identifier: GPL-2.0-only
# What the bridge floods is one packet: counted and parsed once, and all its
# copies have one fate.
. "$(dirname "$0")/lib.sh"

bridge_up
host c pc 10.77.0.3 fd77::3
host d pd 10.77.0.4 fd77::4
# a small table, so that the last part can fill it
load max_flows=1024
silent
py <<'PY'
from lab import *
import nl

a, b, c, d = ports = [Port(ns) for ns in "abcd"]
others = [b, c, d]
learn(*ports)
gw = nl.Genl()
NOBODY = "02:00:00:00:00:99"
LSD_MAC, LSD_GROUP = "01:00:5e:40:98:8f", "239.192.152.143"
A, B = "10.9.0.1", "10.9.0.2"


def flooded(what, frames, arrive, dst=None, **want):
    with Counted(ports=4) as n:
        got = offer(a, frames, *others)
    for port, frames_there in zip(others, got):
        expect(f"{what}: frames at {port.ns}", frames_there, frames if arrive else [])
    n.expect(what, packets=len(frames), bytes=sum(len(f) - 14 for f in frames),
             copies=2 * len(frames), **want)


def datagram(sport):
    return eth(NOBODY, a.mac, IPV4,
               ip4(A, B, UDP, udp(A, B, sport, 7777, b"nothing that anybody knows")))


def segment(sport, data=b"", flags=PSH | ACK, seq=1):
    return eth(NOBODY, a.mac, IPV4, ip4(A, B, TCP, tcp(A, B, sport, 7777, flags, seq, 1, data)))


flooded("unknown unicast", [datagram(1)] * 3, True, flows_created=1, flows_refused=1)
expect("packets of its flow", [f["packets"] for f in gw.flows()], [3])
flooded("fifty flows", [datagram(100 + i % 50) for i in range(200)], True,
        flows_created=50, flows_refused=50)  # by their third
flooded("what is exempt", [eth(BROADCAST, a.mac, ARP, bytes(46))] * 50, True, exempt_not_ip=50)
flooded("a SYN, twice", [segment(2, flags=SYN, seq=0)] * 2, True, flows_created=1)
flooded("a handshake", [segment(2, HANDSHAKE)], True, flows_named=1)
flow = gw.flows("bittorrent")[0]
expect("what was flooded was parsed once", (flow["packets"], flow["decided"]), (3, 3))

gw.set("observe", bittorrent="drop")
lsd = eth(LSD_MAC, a.mac, IPV4, ip4(A, LSD_GROUP, UDP, udp(A, LSD_GROUP, 6771, 6771, LSD)))
flooded("multicast, observed", [lsd] * 3, True, flows_created=1, flows_named=1, would_drop=3)
gw.set("enforce", bittorrent="drop")
flooded("multicast, enforced", [lsd] * 3, False, dropped=3, dropped_bytes=3 * (len(lsd) - 14))
hs = segment(3, HANDSHAKE)
flooded("a handshake, enforced", [hs], False, flows_created=1, flows_named=1, dropped=1,
        dropped_bytes=len(hs) - 14)
flooded("the same flow's next packets", [segment(3, b"x")] * 5, False, dropped=5,
        dropped_bytes=5 * 41)
flooded("another flow", [segment(4, b"x")] * 2, True, flows_created=1)

first, later = (eth(NOBODY, a.mac, IPV4, p) for p in
                fragments4(A, B, TCP, tcp(A, B, 5, 7777, PSH | ACK, 1, 1, bytes(100)), 64, 9))
flooded("a later TCP fragment", [later], False, fragments_dropped=1, dropped=1,
        dropped_bytes=len(later) - 14)
flooded("a first TCP fragment", [first], False, flows_created=1, fragments_dropped=1, dropped=1,
        dropped_bytes=len(first) - 14)

# Where the bridge has forgotten the receiver, its SYN goes everywhere, to the newest port first:
# by what port it is called local is known when it answers, not before.
def forgotten(what, direction, answered):
    gw.install("enforce", [{"name": what, "direction": [direction], "verdict": "drop"}], local_ports=["pb"])
    learn(*ports)
    with open("/sys/class/net/br0/bridge/flush", "w") as flush:
        flush.write("1")
    sport = forgotten.sport = forgotten.sport + 1
    to_b = [eth(b.mac, a.mac, IPV4, ip4(A, B, TCP, tcp(A, B, sport, 7777, *p))) for p in
            ((SYN, 0, 0), (ACK, 1, 5001, b"data"))]
    answer = eth(a.mac, b.mac, IPV4, ip4(B, A, TCP, tcp(B, A, 7777, sport, SYN | ACK, 5000, 1)))
    expect(f"{what}: a SYN goes everywhere", offer(a, to_b[:1], b, c, d), [to_b[:1]] * 3)
    expect(f"{what}: its answer", offer(b, [answer], a, c, d)[0], [answer] if answered else [])
    expect(f"{what}: what follows", offer(a, to_b[1:], b, c, d)[0], to_b[1:] if answered else [])


forgotten.sport = 20
forgotten("to one who is local", "in", False)
forgotten("to one who is not", "transit", True)
gw.set("enforce", bittorrent="drop")

# A table that is full: whatever becomes of a new flow's packet, it becomes of
# all its copies, and it is counted once. (A flow that was evicted between two
# copies of its packet once dropped the second.)
parameter("block_when_full", 1)
full = 0
for start in range(1000, 60000, 4000):
    sent = [datagram(start + i) for i in range(4000)]
    with Counted(ports=4) as n:
        got = offer(a, sent, *others)
    check("with the table full all copies have one fate", got[0] == got[1] == got[2])
    expect("a dropped packet is counted once", (n["packets"], n["copies"], n["dropped"]),
           (4000, 8000, 4000 - len(got[0])))
    expect("an untracked packet is counted once", n["untracked_full"], n["dropped"])
    full += n["untracked_full"] > 0
    if full == 4:
        break
else:
    fail(f"the table was full {full} times")
PY
