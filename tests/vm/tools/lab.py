# SPDX-License-Identifier: GPL-2.0-only
"""Frames, made byte by byte, and the ports that they go in and come out of.

A test sends frames into one host's end of the bridge and sees what arrives at
the others'. Ports belong to namespaces, all in this one process. Everything
is sent from one CPU, so frames keep their order through the bridge, and a
marker frame behind them (of no known type, so it always passes) tells that
whatever has not arrived was dropped: no waiting, no luck.
"""
import ctypes
import ipaddress
import os
import select
import socket
import struct
import sys
import time

SOL_PACKET, IGNORE_OUTGOING = 263, 23
ETH_P_ALL = 3
IPV4, IPV6, ARP, MARKER = 0x0800, 0x86dd, 0x0806, 0x88b5
TCP, UDP, ICMP, ICMP6 = 6, 17, 1, 58
FIN, SYN, RST, PSH, ACK = 1, 2, 4, 8, 16
HANDSHAKE = b"\x13BitTorrent protocol" + bytes(8) + b"h" * 20 + b"-KP0001-" + b"p" * 12
LSD = (b"BT-SEARCH * HTTP/1.1\r\nHost: 239.192.152.143:6771\r\nPort: 6881\r\n"
       b"Infohash: " + b"c" * 40 + b"\r\n\r\n\r\n")
BROADCAST = "ff:ff:ff:ff:ff:ff"

libc = ctypes.CDLL(None, use_errno=True)
os.sched_setaffinity(0, {0})


def fail(text):
    sys.exit(f"FAIL: {text}")


def expect(what, got, want):
    if got != want:
        fail(f"{what}: got {got!r}, want {want!r}")


def check(what, holds):
    if not holds:
        fail(what)


def eventually(seconds, what, holds):
    end = time.monotonic() + seconds
    while not holds():
        if time.monotonic() > end:
            fail(f"not within {seconds} s: {what}")
        time.sleep(0.1)


def setns(path):
    with open(path) as f:
        if libc.setns(f.fileno(), 0x40000000):
            raise OSError(ctypes.get_errno(), f"setns {path}")


class inside:
    """with inside(NS): the calling thread is in the namespace"""

    def __init__(self, ns):
        self.ns = ns

    def __enter__(self):
        self.old = os.open("/proc/thread-self/ns/net", os.O_RDONLY)
        if self.ns:
            setns(f"/run/netns/{self.ns}")

    def __exit__(self, *exc):
        if libc.setns(self.old, 0x40000000):
            raise OSError(ctypes.get_errno(), "setns back")
        os.close(self.old)


# -- frames -------------------------------------------------------------------

def mac(text):
    return bytes.fromhex(text.replace(":", ""))


def csum(data):
    if len(data) % 2:
        data += b"\0"
    total = sum(struct.unpack(f"!{len(data) // 2}H", data))
    while total >> 16:
        total = (total & 0xffff) + (total >> 16)
    return ~total & 0xffff


def eth(dst, src, kind, payload):
    return mac(dst) + mac(src) + struct.pack("!H", kind) + payload


def addr(text):
    return ipaddress.ip_address(text).packed


def ip4(src, dst, proto, payload, options=b"", ident=1, frag=0, ttl=64, **wrong):
    """wrong: header fields to get wrong on purpose (version, ihl, total)"""
    ihl = wrong.get("ihl", 5 + len(options) // 4)
    total = wrong.get("total", 20 + len(options) + len(payload))
    head = struct.pack("!BBHHHBBH4s4s", wrong.get("version", 4) << 4 | ihl, 0, total,
                       ident, frag, ttl, proto, 0, addr(src), addr(dst)) + options
    return head[:10] + struct.pack("!H", csum(head)) + head[12:] + payload


def ip6(src, dst, nxt, payload, length=None, version=6, hops=64):
    return struct.pack("!IHBB16s16s", version << 28,
                       len(payload) if length is None else length, nxt, hops,
                       addr(src), addr(dst)) + payload


def l4sum(src, dst, proto, data):
    s, d = addr(src), addr(dst)
    if len(s) == 4:
        return csum(s + d + struct.pack("!BBH", 0, proto, len(data)) + data)
    return csum(s + d + struct.pack("!IHBB", len(data), 0, 0, proto) + data)


def tcp(src, dst, sport, dport, flags, seq=0, ack=0, data=b"", options=b"", doff=None):
    doff = 5 + len(options) // 4 if doff is None else doff
    seg = struct.pack("!HHIIBBHHH", sport, dport, seq & 0xffffffff, ack & 0xffffffff,
                      doff << 4, flags, 64240, 0, 0) + options + data
    return seg[:16] + struct.pack("!H", l4sum(src, dst, TCP, seg)) + seg[18:]


def udp(src, dst, sport, dport, data=b"", length=None):
    size = 8 + len(data) if length is None else length
    seg = struct.pack("!HHHH", sport, dport, size, 0) + data
    return seg[:6] + struct.pack("!H", l4sum(src, dst, UDP, seg) or 0xffff) + seg[8:]


def ip(src, dst, proto, payload, **kw):
    if ":" in src:
        return ip6(src, dst, proto, payload)
    return ip4(src, dst, proto, payload, **kw)


def kind_of(address):
    return IPV6 if ":" in address else IPV4


def fragments4(src, dst, proto, payload, size, ident):
    """IPv4 packets of @size payload bytes (a multiple of 8) each"""
    return [ip4(src, dst, proto, payload[at:at + size], ident=ident,
                frag=at // 8 | (0x2000 if at + size < len(payload) else 0))
            for at in range(0, len(payload), size)]


def fragments6(src, dst, proto, payload, size, ident):
    return [ip6(src, dst, 44, struct.pack("!BBHI", proto, 0,
                                          at | (at + size < len(payload)), ident) +
                payload[at:at + size])
            for at in range(0, len(payload), size)]


# -- ports --------------------------------------------------------------------

class Port:
    """A host's network interface, raw"""

    def __init__(self, ns, dev="eth0"):
        with inside(ns):
            self.sock = socket.socket(socket.AF_PACKET, socket.SOCK_RAW, socket.htons(ETH_P_ALL))
            self.sock.setsockopt(SOL_PACKET, IGNORE_OUTGOING, 1)
            # SO_RCVBUFFORCE: the sender must never be faster than we can hold
            self.sock.setsockopt(socket.SOL_SOCKET, 33, 64 << 20)
            self.sock.bind((dev, ETH_P_ALL))
            self.mac = ":".join(f"{b:02x}" for b in self.sock.getsockname()[4])
        self.ns = ns

    def send(self, frame):
        self.sock.send(frame)

    def to(self, other, payload, kind=IPV4):
        """a frame of ours to another port, or to a MAC address"""
        return eth(getattr(other, "mac", other), self.mac, kind, payload)

    def drain(self):
        """forget what has arrived"""
        while select.select([self.sock], [], [], 0)[0]:
            self.sock.recv(1 << 17)

    def until(self, marker):
        got = []
        while True:
            if not select.select([self.sock], [], [], 20)[0]:
                fail(f"no marker at {self.ns}: the bridge does not pass it")
            frame = self.sock.recv(1 << 17)
            if frame[12:14] == struct.pack("!H", MARKER):
                if frame == marker:
                    return got
            else:
                got.append(frame)


_marks = 0


def offer(sender, frames, *receivers):
    """Send @frames; what arrives at each receiver, in order."""
    global _marks
    _marks += 1
    marker = eth(BROADCAST, sender.mac, MARKER, struct.pack("!I", _marks).ljust(46, b"\0"))
    for frame in frames:
        sender.send(frame)
    sender.send(marker)
    got = [r.until(marker) for r in receivers]
    return got[0] if len(got) == 1 else got


def learn(*ports):
    """let the bridge learn where everyone is"""
    for p in ports:
        offer(p, [], *(o for o in ports if o is not p))


# -- the gateway --------------------------------------------------------------

def counters(ns=None):
    with inside(ns):
        with open("/proc/thread-self/net/kp2padm/counters") as f:
            return {name: int(n) for name, n in (line.split() for line in f)}


class Counted:
    """with Counted() as n: ... then n["name"]: how much it has grown, markers
    apart. @ports: how many the bridge has"""

    def __init__(self, ns=None, ports=2):
        self.ns, self.ports = ns, ports

    def __enter__(self):
        self.marks, self.before = _marks, counters(self.ns)
        return self

    def __exit__(self, *exc):
        self.grown = {k: v - self.before[k] for k, v in counters(self.ns).items()}
        marks = _marks - self.marks
        self.grown["packets"] -= marks
        self.grown["bytes"] -= 46 * marks
        self.grown["exempt_not_ip"] -= marks
        self.grown["copies"] -= marks * (self.ports - 2)

    def __getitem__(self, name):
        return self.grown[name]

    def expect(self, what, **want):
        """exactly these have grown, and nothing else but packets, bytes and what nobody heard"""
        got = {k: v for k, v in self.grown.items()
               if v and (k in want or k not in ("packets", "bytes", "events_unheard"))}
        expect(f"counters after {what}", got, {k: v for k, v in want.items() if v})


def parameter(name, value=None):
    path = f"/sys/module/kp2padm/parameters/{name}"
    if value is None:
        with open(path) as f:
            return f.read().strip()
    with open(path, "w") as f:
        f.write(str(value))
    return None


# -- fault injection, on the debug kernel -------------------------------------

_nth = None


def nth(n):
    """refuse this thread's @n-th allocation from now on; 0: none"""
    global _nth
    if _nth is None:  # kept open: opening it allocates, too
        _nth = os.open("/proc/thread-self/fail-nth", os.O_RDWR)
    _unrefused(lambda: os.pwrite(_nth, str(n).encode(), 0))


def left():
    """how far it was from the n-th; 0: that was refused. None is from now on"""
    n = int(_unrefused(lambda: os.pread(_nth, 20, 0)))
    nth(0)
    return n


def _unrefused(act):
    """act(), which copies from or to us: that can be the n-th, too, but only once"""
    try:
        return act()
    except OSError:
        return act()
