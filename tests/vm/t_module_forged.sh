# SPDX-License-Identifier: GPL-2.0-only
# What strangers can forge: single segments that would shut innocent people out,
# or hide what follows, and lengths that are not what goes out.
. "$(dirname "$0")/lib.sh"

bridge_up
load timeout_udp=3
silent
py <<'PY'
from lab import *
import nl

a, b = Port("a"), Port("b")
learn(a, b)
gw = nl.Genl()
gw.set("enforce", bittorrent="drop")
A, B = "10.9.0.1", "10.9.0.2"
WEB = b"GET / HTTP/1.1\r\n\r\n" + bytes(200)


def from_a(sport, flags, seq=0, data=b"", sender=a, to=b, **kw):
    return sender.to(to, ip4(A, B, TCP, tcp(A, B, sport, 443, flags, seq, 1, data, **kw)))


def from_b(sport, flags, seq=0, data=b"", sender=b, to=a):
    return sender.to(to, ip4(B, A, TCP, tcp(B, A, 443, sport, flags, seq, 1, data)))


def broken(frame):
    """the same with a wrong TCP or UDP checksum"""
    at = 34 + (16 if frame[23] == TCP else 6)
    return frame[:at] + bytes([frame[at] ^ 0x55]) + frame[at + 1:]


def app(sport):
    [f] = [f for f in gw.flows() if sport in (f["sport"], f["dport"])]
    return f["app"]


# one forged segment, before anybody speaks: the SYN that comes then begins anew
for sport, forged in ((1, from_a(1, PSH | ACK, 77, HANDSHAKE)),
                      (2, from_b(2, PSH | ACK, 77, HANDSHAKE)),
                      (3, from_b(3, PSH | ACK, 77, HANDSHAKE, sender=a, to=b))):
    expect("forged, it is stopped", len(offer(a if forged[6:12] == mac(a.mac) else b, [forged],
                                               b if forged[6:12] == mac(a.mac) else a)), 0)
    expect("named", app(sport), "bittorrent")
    expect("the SYN passes", len(offer(a, [from_a(sport, SYN, 1000)], b)), 1)
    got = len(offer(b, [from_b(sport, SYN | ACK, 2000)], a))
    got += len(offer(a, [from_a(sport, ACK, 1001), from_a(sport, PSH | ACK, 1001, WEB)], b))
    expect("the connection passes", (got, app(sport)), (3, "unknown"))
# a forged connection that nobody answers does not stand in the way, either
offer(a, [from_a(4, SYN, 5), from_a(4, ACK, 6), from_a(4, PSH | ACK, 6, HANDSHAKE)], b)
expect("named", app(4), "bittorrent")
expect("another SYN passes", len(offer(a, [from_a(4, SYN, 1000)], b)), 1)
# but a SYN does not clear the verdict of a connection that is there
offer(a, [from_a(5, SYN, 5)], b)
offer(b, [from_b(5, SYN | ACK, 9)], a)
offer(a, [from_a(5, ACK, 6), from_a(5, PSH | ACK, 6, HANDSHAKE)], b)
expect("a SYN amid a connection that is dropped", len(offer(a, [from_a(5, SYN, 77)], b)), 0)
expect("still", len(offer(a, [from_a(5, ACK, 200)], b)), 0)
# a SYN that is repeated is the same connection
with Counted() as n:
    offer(a, [from_a(6, SYN, 5)] * 3, b)
expect("one flow", n["flows_created"], 1)

# what its receiver discards hides nothing, and names nothing
offer(a, [from_a(10, SYN, 0)], b)
with Counted() as n:
    offer(a, [broken(from_a(10, PSH | ACK, 1, bytes(100)))] * 3, b)
expect("junk with a wrong checksum", n["bad_checksum"], 3)
expect("the real one", len(offer(a, [from_a(10, PSH | ACK, 1, HANDSHAKE)], b)), 0)
expect("named", app(10), "bittorrent")
offer(a, [from_a(11, SYN, 0), broken(from_a(11, PSH | ACK, 1, HANDSHAKE))], b)
expect("corrupted", (app(11), len(offer(a, [from_a(11, PSH | ACK, 1, WEB)], b))), ("unknown", 1))
bad = broken(a.to(b, ip4(A, B, UDP, udp(A, B, 12, 6881, LSD))))
expect("a datagram's", (len(offer(a, [bad], b)), app(12)), (1, "unknown"))

# a forged datagram shuts two ports out only as long as it is repeated
dht = a.to(b, ip4(A, B, UDP, udp(A, B, 5060, 5060, b"d1:ad2:id20:" + b"i" * 20 + b"e1:q4:ping1:t2:aa1:y1:qe")))
sip = a.to(b, ip4(A, B, UDP, udp(A, B, 5060, 5060, b"OPTIONS sip:x SIP/2.0\r\n\r\n")))
expect("forged", (len(offer(a, [dht], b)), app(5060)), (0, "bittorrent"))
end = time.monotonic() + 20
while not offer(a, [sip], b):
    check("shut out for ever, by trying", time.monotonic() < end)
    time.sleep(.5)

# IPv6: a jumbogram of any size is taken by end hosts
seg = tcp("fd09::1", "fd09::2", 20, 80, PSH | ACK, 1, 1, HANDSHAKE)
hop = struct.pack("!BB", TCP, 0) + b"\1\4\0\0\0\0"
frame = a.to(b, ip6("fd09::1", "fd09::2", 0, hop + seg, length=0), IPV6)
expect("no length, hop-by-hop options", (len(offer(a, [frame], b)), app(20)), (0, "bittorrent"))

# tags of VLAN 0: end hosts take off any number
inner = a.to(b, ip4(A, B, TCP, tcp(A, B, 21, 80, PSH | ACK, 1, 1, HANDSHAKE)))
for tags in 1, 2, 4, 8:
    tagged = inner[:12] + b"\x81\0\0\0" * tags + inner[12:]
    expect(f"{tags} tags of VLAN 0", len(offer(a, [tagged], b)), 0)
tagged = inner[:12] + b"\x81\0\0\0" * 12 + inner[12:]
with Counted() as n:
    expect("12 tags of VLAN 0", len(offer(a, [tagged], b)), 0)
expect("unreadable", n["unreadable_dropped"], 1)
PY
# lengths that a virtual machine writes into a packet that is cut later
py <<'PY'
from lab import *
import nl

a, b = Port("a"), Port("b")
gw = nl.Genl()
PACKET_VNET_HDR = 15
A, B = "10.9.0.1", "10.9.0.2"
a.sock.setsockopt(SOL_PACKET, PACKET_VNET_HDR, 1)
data = HANDSHAKE + bytes(2932)
for sport, total in ((30, 40), (31, 60000), (32, 40 + len(data))):
    seg = tcp(A, B, sport, 80, PSH | ACK, 1, 1, data)
    frame = eth(b.mac, a.mac, IPV4, ip4(A, B, TCP, seg, total=total))
    # flags: checksum to be done; type: TCPv4; header 54, size 1400, checksum at 34 + 16
    head = struct.pack("=BBHHHH", 1, 1, 54, 1400, 34, 16)
    a.sock.send(head + frame)
time.sleep(.5)
for sport in 30, 31, 32:
    [f] = [f for f in gw.flows() if f["sport"] == sport]
    expect(f"GSO, {sport}", (f["app"], f["verdict"], f["packets"]), ("bittorrent", 1, 3))
PY
