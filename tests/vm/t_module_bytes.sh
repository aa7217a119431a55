# SPDX-License-Identifier: GPL-2.0-only
# Bytes in every shape that a network gives them: byte by byte, again, out of
# order, in the SYN, behind options and extension headers; and headers that lie.
. "$(dirname "$0")/lib.sh"

bridge_up
load max_flows=4096
offloads off
# a real client that sends its handshake one byte at a time, and is understood
timeout 60 python3 - <<'PY'
import socket, subprocess, sys
hs = b"\x13BitTorrent protocol" + bytes(8) + b"h" * 20 + b"-KP0001-" + b"p" * 12
server = subprocess.Popen(["ip", "netns", "exec", "b", "python3", "-c", f"""
import socket
s = socket.create_server(("", 6999))
print("up", flush=True)
c, _ = s.accept()
got = b""
while len(got) < {len(hs)}:
    got += c.recv(1)
print(got.hex(), flush=True)
c.recv(1)
"""], stdout=subprocess.PIPE, text=True)
server.stdout.readline()
client = subprocess.Popen(["ip", "netns", "exec", "a", "python3", "-c", f"""
import socket, time
s = socket.create_connection(("10.77.0.2", 6999))
s.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
for byte in bytes.fromhex("{hs.hex()}"):
    s.send(bytes([byte]))
"""])
if server.stdout.readline().strip() != hs.hex():
    sys.exit("FAIL: it did not arrive")
client.wait()
server.wait()
PY
line=$(grep ':6999 ' /proc/net/kp2padm/flows)
[[ $line = *app=bittorrent/tcp* ]] || fail "one byte at a time hides a handshake: $line"
silent
py <<'PY'
from lab import *
import nl

a, b = Port("a"), Port("b")
learn(a, b)
gw = nl.Genl()
gw.set("observe", bittorrent="drop")
port = 999


def seg(flags, seq=0, data=b"", v=4, wrap=None, options=b"", doff=None, **ipkw):
    src, dst = ("10.9.0.1", "10.9.0.2") if v == 4 else ("fd09::1", "fd09::2")
    payload, proto = tcp(src, dst, port, 7777, flags, seq, 1, data, options, doff), TCP
    if wrap:
        payload, proto = wrap(payload)
    return a.to(b, ip(src, dst, proto, payload, **ipkw), kind_of(src))


def flow():
    [f] = [f for f in gw.flows() if f["sport"] == port]
    return f


def named(what, frames, decided=None, variant="tcp"):
    """exactly the packet @decided names the flow; all frames pass"""
    expect(f"{what}: arrives", offer(a, frames, b), frames)
    f = flow()
    expect(what, (f["app"], f.get("variant"), f["decided"]), ("bittorrent", variant, decided or len(frames)))


H = HANDSHAKE
cases = {
    "one byte at a time": [seg(SYN)] + [seg(PSH | ACK, 1 + i, H[i:i + 1]) for i in range(20)],
    "retransmitted": [seg(SYN), seg(SYN), seg(PSH | ACK, 1, H[:10])] +
                     [seg(PSH | ACK, 1, H[:10])] * 5 + [seg(PSH | ACK, 11, H[10:])],
    "overlapping": [seg(SYN), seg(PSH | ACK, 1, H[:10]), seg(PSH | ACK, 3, H[2:30])],
    "the second half first": [seg(SYN), seg(PSH | ACK, 11, H[10:]), seg(PSH | ACK, 1, H[:10]),
                              seg(PSH | ACK, 11, H[10:])],
    "data in the SYN": [seg(SYN, 0, H)],
    "half in the SYN": [seg(SYN, 0, H[:12]), seg(PSH | ACK, 13, H[12:])],
    "sequence numbers wrap": [seg(SYN, 0xfffffff9), seg(PSH | ACK, 0xfffffffa, H[:10]),
                              seg(PSH | ACK, 4, H[10:])],
    "empty ACKs between": [seg(SYN), seg(ACK, 1), seg(PSH | ACK, 1, H[:5]), seg(ACK, 6), seg(ACK, 6),
                           seg(PSH | ACK, 6, H[5:])],
    "an old byte as a keep-alive": [seg(SYN), seg(PSH | ACK, 1, H[:5]), seg(ACK, 5, H[4:5]),
                                    seg(PSH | ACK, 6, H[5:])],
    "in mid-stream": [seg(PSH | ACK, 77, H)],
}
for v in 4, 6:
    for name, frames in cases.items():
        port += 1
        again = []
        for f in frames:
            # the same segment, in this family and from this case's port
            t = f[14 + 20:]
            data = t[(t[12] >> 4) * 4:]
            again.append(seg(t[13], int.from_bytes(t[4:8], "big"), data, v))
        named(f"{name}, IPv{v}", again)

# the beginning came out of order and was never seen whole, yet nobody is late
port += 1
offer(a, [seg(SYN), seg(PSH | ACK, 6, H[5:])], b)
expect("without its first bytes it has no name", flow()["app"], "unknown")

# -- headers in every shape ----------------------------------------------------
for n in range(0, 44, 4):
    port += 1
    packet = ip4("10.9.0.1", "10.9.0.2", TCP, seg(PSH | ACK, 1, H)[34:], options=b"\1" * n)
    named(f"{n} bytes of IP options", [a.to(b, packet)], 1)
    port += 1
    named(f"{n} bytes of TCP options", [seg(PSH | ACK, 1, H, options=b"\1" * n)], 1)


def chain(*headers):
    """extension headers, [(number, the bytes behind the next header's number)]"""
    def wrap(payload):
        nxt = TCP
        for number, rest in reversed(headers):
            payload, nxt = bytes([nxt]) + rest + payload, number
        return payload, nxt
    return wrap


PAD = b"\0\1\4\0\0\0\0"
LONG = b"\x0f\1\x7c" + bytes(124)
for name, headers in {
        "hop by hop": [(0, PAD)],
        "destination options": [(60, PAD)],
        "routing": [(43, b"\0\4\0\0\0\0\0")],
        "authentication": [(51, b"\4" + bytes(22))],
        "all of them": [(0, PAD), (60, PAD), (43, b"\0\4\0\0\0\0\0"), (51, b"\4" + bytes(22)), (60, PAD)],
        "an atomic fragment": [(44, b"\0\0\0\0\0\0\1")],
        "a long one": [(60, LONG)],
        "eight": [(60, PAD)] * 8}.items():
    port += 1
    named(name, [seg(PSH | ACK, 1, H, 6, wrap=chain(*headers))], 1)

# -- headers that contradict themselves: counted, passed, no flow ---------------
A4, B4, A6, B6 = "10.9.0.1", "10.9.0.2", "fd09::1", "fd09::2"
T4, T6 = tcp(A4, B4, 9, 9, PSH | ACK, 1, 1, H), tcp(A6, B6, 9, 9, PSH | ACK, 1, 1, H)


def v4(payload=T4, proto=TCP, src=A4, dst=B4, **kw):
    return a.to(b, ip4(src, dst, proto, payload, **kw))


def v6(payload=T6, proto=TCP, src=A6, **kw):
    return a.to(b, ip6(src, B6, proto, payload, **kw), IPV6)


lies = {
    "version 6 in IPv4": v4(version=6),
    "a header of 16 bytes": v4(ihl=4),
    "a header of 60 bytes in 40": v4(b"", 6, ihl=15),
    "a total below its header": v4(total=19),
    "a total above the packet": v4(total=1000),
    "from a multicast address": v4(src="224.0.0.1"),
    "from broadcast": v4(src="255.255.255.255"),
    "half an IPv4 header": a.to(b, ip4(A4, B4, TCP, b"")[:10]),
    "nothing behind Ethernet": a.to(b, b""),
    "half a TCP header": v4(T4[:10]),
    "TCP, ports alone": v4(T4[:4]),
    "TCP, one byte": v4(T4[:1]),
    "TCP, no byte": v4(b""),
    "a TCP header of 16 bytes": v4(tcp(A4, B4, 9, 9, ACK, data=H, doff=4)),
    "a TCP header beyond the packet": v4(tcp(A4, B4, 9, 9, ACK, doff=15)),
    "half a UDP header": v4(b"\0\x09\0\x09\0", UDP),
    "UDP longer than the packet": v4(udp(A4, B4, 9, 9, H, length=999), UDP),
    "UDP shorter than its header": v4(udp(A4, B4, 9, 9, H, length=7), UDP),
    "version 4 in IPv6": v6(version=4),
    "IPv6 longer than the packet": v6(length=999),
    "half an IPv6 header": a.to(b, ip6(A6, B6, TCP, b"")[:20], IPV6),
    "from a multicast address, IPv6": v6(src="ff02::1"),
    "half an extension header": v6(b"\6\0\0\0", 0),
    "an extension header beyond the packet": v6(b"\6\x20" + bytes(30), 60),
    "half a TCP header, IPv6": v6(T6[:10]),
}
gw.set("enforce", bittorrent="drop")
before = len(gw.flows())
for name, frame in lies.items():
    with Counted() as n:
        expect(f"{name}: passes", offer(a, [frame], b), [frame])
    n.expect(name, packets=1, malformed=1)
# end hosts accept these, and they would hide what they carry
for name, frame in {"nine extension headers": v6(chain(*[(60, PAD)] * 9)(T6)[0], 60),
                    "the same, UDP": v6(chain(*[(60, PAD)] * 9)(udp(A6, B6, 9, 9, H))[0], 60)}.items():
    for block in True, False:
        gw.set("enforce", **({"bittorrent": "drop"} if block else {}))
        with Counted() as n:
            expect(f"{name}: arrive", offer(a, [frame], b), [] if block else [frame])
        n.expect(name, packets=1, **({"unreadable_dropped": 1, "dropped": 1, "dropped_bytes": len(frame) - 14}
                                     if block else {"unreadable": 1}))
expect("flows of malformed packets", len(gw.flows()), before)
PY
