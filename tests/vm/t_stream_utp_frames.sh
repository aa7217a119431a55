# SPDX-License-Identifier: GPL-2.0-only
# uTP's connections, packet by packet: what passes ahead of a gap, what differs, what comes
# before its time, whose word counts; a forbidden handshake arrives in none of the ways that
# its sender may try, and what is no uTP is let alone.
. "$(dirname "$0")/lib.sh"

bridge_up
load timeout_udp=600
silent
"$CTL" policy load -f - >/dev/null <<-END
	mode = "enforce"
	[[content]]
	name = "that torrent"
	match = { id = "urn:btih:$(printf '42%.0s' {1..20})" }
	verdict = "drop"
END
py <<'PY'
from lab import *

DATA, END, STATE, RESET, OPEN = range(5)
HEAD, TAIL = b"\x13BitTorrent protocol" + bytes(8), b"-KP0001-" + b"p" * 12
good, bad = HEAD + b"g" * 20 + TAIL, HEAD + b"B" * 20 + TAIL
a, b = Port("a"), Port("b")
learn(a, b)
A, B = "10.9.0.1", "10.9.0.2"
clock = 0
port = 6000


class Talk:
    """a connection from a to b; places count from its first packet, which has number @first"""

    def __init__(self, first=1000, ident=77, port=None):
        self.port = port or next_port()
        self.first, self.id, self.reply = first, ident, 5000

    def packet(self, kind, ident, nr, ack, data=b"", extensions=b"", ext=0, version=1):
        global clock
        clock += 1000
        return struct.pack("!BBHIIIHH", kind << 4 | version, ext, ident & 0xffff, clock,
                           0 if kind == OPEN else 5000, 1 << 20, nr & 0xffff, ack & 0xffff) + extensions + data

    def from_a(self, kind, nr, data=b"", ack=None, ident=None, **kw):
        """what a sends that comes to b"""
        ident = ident or (self.id if kind == OPEN else self.id + 1)
        ack = ack if ack is not None else 0 if kind == OPEN else self.reply - 1
        return self.put(a, b, self.packet(kind, ident, self.first + nr, ack, data, **kw))

    def from_b(self, kind, nr, data=b"", ack=-1, ident=None, port=b, **kw):
        return self.put(port, a if port is b else b,
                        self.packet(kind, ident or self.id, self.reply + nr, self.first + ack, data, **kw), back=True)

    def put(self, sender, receiver, datagram, back=False):
        ends = (B, A, 80, self.port) if back else (A, B, self.port, 80)
        frame = sender.to(receiver if sender is not receiver else b, ip4(*ends[:2], UDP, udp(*ends, datagram)))
        return len(offer(sender, [frame], receiver))

    def open(self):
        expect("SYN", self.from_a(OPEN, -1), 1)
        expect("its answer", self.from_b(STATE, 0), 1)
        return self


def next_port():
    global port
    port += 1
    return port


def blocked(what, talk, *got):
    """nothing of these came, and the flow has ended"""
    expect(what, [*got], [0] * len(got))
    expect(f"{what}: and then", talk.from_a(STATE, 9), 0)


t = Talk().open()
expect("a handshake", t.from_a(DATA, 0, good), 1)
expect("once more, with other time stamps", t.from_a(DATA, 0, good), 1)
with Counted() as n:
    expect("another one in its place", t.from_a(DATA, 0, bad), 0)
expect("a conflict", n["stream_conflicts"], 1)
expect("one that is shorter", t.from_a(DATA, 0, good[:-1]), 0)
expect("its answer", t.from_b(DATA, 0, good, ack=0), 1)
expect("acknowledged, it is not compared any more", t.from_a(DATA, 0, bad), 1)
expect("the next one", t.from_a(DATA, 1, b"\0\0\0\1\2", ack=t.reply), 1)
expect("the end", t.from_a(END, 2, ack=t.reply), 1)
expect("a reset", t.from_a(RESET, 3), 1)

t = Talk().open()
blocked("forbidden", t, t.from_a(DATA, 0, bad))
t = Talk(first=0xffff).open()
with Counted() as n:
    expect("ahead of a gap, round the circle", t.from_a(DATA, 1, bad[30:]), 1)
expect("ahead", n["stream_fast_passed"], 1)
blocked("in two, turned round", t, t.from_a(DATA, 0, bad[:30]))

t = Talk()
expect("SYN", t.from_a(OPEN, -1), 1)
expect("data before the answer", t.from_a(DATA, 1, bad[30:]), 1)
blocked("and what was before it", t, t.from_a(DATA, 0, bad[:30]))

t = Talk()
expect("SYN", t.from_a(OPEN, -1), 1)
expect("far ahead, while it has no name", t.from_a(DATA, 7, b"x"), 1)
expect("and less", t.from_a(DATA, 6, b"x"), 1)
expect("without its beginning", t.from_a(DATA, 1, bad[10:]), 1)
t.from_a(DATA, 0, bad[:10])
t.from_b(STATE, 0, ack=1)
blocked("read from the first on", t, t.from_a(DATA, 2, b"x"))

t = Talk()
expect("SYN", t.from_a(OPEN, -1), 1)
expect("far ahead, while it has no name", t.from_a(DATA, 7, b"x"), 1)
expect("a decoy", t.from_a(DATA, 0, b"x" * 10), 1)
expect("which is not the only one", t.from_a(DATA, 0, bad[:10]), 1)
t.from_b(STATE, 0, ack=0)
expect("the rest of either", t.from_a(DATA, 1, bad[10:]), 0)

t = Talk()
expect("SYN", t.from_a(OPEN, -1), 1)
expect("a decoy before the answer", t.from_a(DATA, 0, good), 1)
expect("which has not arrived", t.from_b(STATE, 0, ack=-1), 1)
expect("what is sent instead", t.from_a(DATA, 0, bad), 0)

t = Talk().open()
expect("a handshake", t.from_a(DATA, 0, good), 1)
expect("an answer that its own sender made", t.from_b(STATE, 0, ack=0, port=a), 1)
expect("what differs from what he says is there", t.from_a(DATA, 0, bad), 0)

t = Talk().open()
expect("another SYN of the same connection", t.from_a(OPEN, 5), 0)
expect("the same once more", t.from_a(OPEN, -1), 1)
u = Talk(ident=300, port=t.port)
expect("a second connection", u.from_a(OPEN, -1), 1)
expect("its answer", u.from_b(STATE, 0), 1)
expect("the first one's handshake", t.from_a(DATA, 0, good), 1)
blocked("the second one's", t, u.from_a(DATA, 0, bad))

t = Talk().open()
expect("the called one's data, unasked", t.from_b(DATA, 1, bad[30:]), 0)
expect("its end", t.from_b(END, 2), 1)
expect("the caller's word", t.from_a(STATE, 0), 1)
expect("ahead of a gap", t.from_b(DATA, 1, bad[30:]), 1)
expect("what fills it", t.from_b(DATA, 0, bad[:30]), 0)

t = Talk().open()
four = struct.pack("BB4x", 1, 4) * 4
expect("more extensions than anybody has", t.from_a(DATA, 0, bad, ext=1, extensions=four + struct.pack("BB4x", 0, 4)), 0)
expect("an extension that nobody knows", t.from_a(DATA, 0, good, ext=9, extensions=struct.pack("BB4x", 0, 4)), 1)
expect("a DHT message beside it", t.put(a, b, b"d1:ad2:id20:abcdefghij0123456789e1:q4:ping1:t2:aa1:y1:qe"), 1)
parts = fragments4(A, B, UDP, udp(A, B, t.port, 80, t.packet(DATA, t.id + 1, t.first + 1, 0, bytes(64))), 48, 9)
expect("a fragment", len(offer(a, [a.to(b, parts[0])], b)), 0)
with Counted() as n:
    opened = [Talk(ident=1000 + 2 * i, port=t.port).from_a(OPEN, -1) for i in range(20)]
expect("connections at a time", sum(opened), 15)
expect("others", n["stream_utp_refused"], 5)

t = Talk()
expect("DHT", t.put(a, b, b"d1:ad2:id20:abcdefghij0123456789e1:q4:ping1:t2:aa1:y1:qe"), 1)
t.open()
blocked("uTP where the DHT was", t, t.from_a(DATA, 0, bad))

t = Talk()
expect("in mid-stream", [t.from_a(DATA, i, b"x" * 100) for i in range(6)], [1] * 6)
expect("its answer", t.from_b(STATE, 0, ack=5), 1)
expect("and on", t.from_a(DATA, 6, b"x" * 100), 1)

quiet = Talk()
expect("another protocol whose packets look so",
       [quiet.put(a, b, struct.pack("!BBHIIIHH", 1, 0, 7, 7, 7, 7, 7, 7) + bytes([i]) * 30) for i in range(30)], [1] * 30)
PY
flow "the torrent's" dport=80 sport=6002
is "verdict" "${FLOW[verdict]}" drop
is "no name" "$(nflows app=unknown)" 1
