#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0-only
"""Known evasions of stream inspection, against a real receiver.

evade.py ADDRESS PORT SPORT [had]  as 10.77.0.9, from namespace a and from SPORT on, to b

Each is a connection of its own, made frame by frame, that tries to have the receiver's
application read forbidden bytes: a handshake with the info hash BAD. The receiver is
Linux; what it read is told by its thread. `had`: nobody inspects, and each must have got
what it wanted, but those that no Linux receiver gives it to. Segments with TTL 1 pass the gateway and
never arrive (t_stream_evasion.sh sees to that), as those do whose receiver is further away.
"""
import queue
import threading

from lab import *

URG = 32
GOOD, BAD = b"g" * 20, b"B" * 20
HEAD = b"\x13BitTorrent protocol" + bytes(8)
TAIL = b"-KP0001-" + b"p" * 12
good, bad = HEAD + GOOD + TAIL, HEAD + BAD + TAIL
SRC = "10.77.0.9"
WAIT = 12  # seconds: more than a connection is kept that has ended, and a turn of the sweeper


class Receiver:
    """accepts in b, and tells what each connection's application read"""

    def __init__(self, address, port):
        self.read = queue.Queue()
        with inside("b"):
            self.sock = socket.create_server((address, port), backlog=64)
        threading.Thread(target=self.accept, daemon=True).start()

    def accept(self):
        while True:
            sock, peer = self.sock.accept()
            threading.Thread(target=self.drain, args=(sock, peer[1]), daemon=True).start()

    def drain(self, sock, port):
        out = b""
        sock.settimeout(WAIT + 1.5)
        try:
            while got := sock.recv(4096):
                out += got
        except OSError:
            pass
        self.read.put((port, out))


class Attack:
    """one connection; places count from its first byte"""

    def __init__(self, port, dst, dport, a, b_mac):
        self.path, self.a, self.b_mac = (SRC, dst, port, dport), a, b_mac
        self.isn, self.ack = 0xffffffe0, 0
        self.later = None

    def put(self, segment, ttl=64, ident=1, **kw):
        self.a.send(eth(self.b_mac, self.a.mac, IPV4, ip4(*self.path[:2], TCP, segment, ttl=ttl, ident=ident, **kw)))

    def segment(self, at, data=b"", flags=ACK, ack=None, options=b""):
        return tcp(*self.path, flags, self.isn + 1 + at, self.ack if ack is None else ack, data, options)

    def open(self, data=b""):
        self.put(tcp(*self.path, SYN, self.isn, 0, data))
        end = time.monotonic() + 5
        while time.monotonic() < end:
            if not select.select([self.a.sock], [], [], 0.5)[0]:
                continue
            frame = self.a.sock.recv(1 << 16)
            if frame[12:14] != b"\x08\x00" or frame[23] != TCP:
                continue
            sport, dport, seq, _ = struct.unpack_from("!HHII", frame, 34)
            if (sport, dport, frame[47]) == (self.path[3], self.path[2], SYN | ACK):
                self.ack = (seq + 1) & 0xffffffff
                self.put(self.segment(0))
                return
        fail("no answer to the SYN")

    def send(self, at, data=b"", **kw):
        ttl = kw.pop("ttl", 64)
        self.put(self.segment(at, data, **kw), ttl=ttl)
        time.sleep(0.02)

    def begin(self, isn, ttl=64):
        """another connection's SYN"""
        self.put(tcp(*self.path, SYN, isn, 0), ttl=ttl)
        time.sleep(0.02)

    def forge(self, flags, seq, ack, ttl=64):
        """what the receiver would say, from here"""
        src, dst, sport, dport = self.path
        segment = tcp(dst, src, dport, sport, flags, seq, ack & 0xffffffff)
        self.a.send(eth(self.b_mac, self.a.mac, IPV4, ip4(dst, src, TCP, segment, ttl=ttl)))
        time.sleep(0.02)

    def corrupt(self, at, data, flags=ACK):
        raw = bytearray(self.segment(at, data, flags))
        raw[16] ^= 0x55
        self.put(bytes(raw))
        time.sleep(0.02)


def plain_good(c):
    c.send(0, good)


def plain_bad(c):
    c.send(0, bad)


def two_segments(c):
    c.send(0, bad[:40])
    c.send(40, bad[40:])


def tiny(c):
    for i in range(len(bad)):
        c.send(i, bad[i:i + 1])


def backwards(c):
    for i in reversed(range(0, len(bad), 7)):
        c.send(i, bad[i:i + 7])


def ahead_of_a_gap(c):
    c.send(28, bad[28:])
    c.send(0, bad[:28])


def ahead_bad_then_good(c):
    c.send(28, bad[28:])
    c.send(28, good[28:])
    c.send(0, good[:28])


def ahead_good_then_bad(c):
    c.send(28, good[28:])
    c.send(28, bad[28:])
    c.send(0, bad[:28])
    c.send(28, bad[28:])


def before_the_ack(c):
    c.send(0, good[:48], ttl=1)
    c.send(0, bad[:48])
    c.send(48, bad[48:])


def after_the_ack(c):
    c.send(0, good[:48])
    c.send(0, bad)


def overlap_backwards(c):
    c.send(0, good[:30])
    c.send(20, bad[20:])


def bad_checksum(c):
    c.corrupt(0, good)
    c.send(0, bad)


def low_ttl(c):
    c.send(0, good, ttl=1)
    c.send(0, bad)


def low_ttl_between(c):
    c.send(0, bad[:38])
    c.send(38, good[38:48], ttl=1)
    c.send(38, bad[38:])


def rst_out_of_window(c):
    c.send(0, bad[:40])
    c.send(1 << 24, flags=RST | ACK)
    c.send(40, bad[40:])


def rst_low_ttl(c):
    c.send(0, bad[:40])
    c.send(40, flags=RST | ACK, ttl=1)
    c.send(40, bad[40:])


def rst_corrupt(c):
    c.send(0, bad[:40])
    c.corrupt(40, b"", RST | ACK)
    c.send(40, bad[40:])


def fin_low_ttl(c):
    c.send(0, bad[:40])
    c.send(40, flags=FIN | ACK, ttl=1)
    c.send(40, bad[40:])


def fin_ahead(c):
    c.send(0, bad[:40])
    c.send(1000, flags=FIN | ACK)
    c.send(40, bad[40:])


def urgent(c):
    # read apart from the others, the byte would not be between them
    raw = bytearray(c.segment(0, bad[:38] + b"Z" + bad[38:], ACK | URG))
    raw[16:20] = struct.pack("!HH", 0, 39)
    raw[16:18] = struct.pack("!H", l4sum(*c.path[:2], TCP, bytes(raw)))
    c.put(bytes(raw))
    time.sleep(0.02)


def out_of_window(c):
    c.send(1 << 22, good)
    c.send(0, bad)


def no_ack_flag(c):
    c.send(0, good, flags=PSH)
    c.send(0, bad)


def old_ack(c):
    c.send(0, good, ack=(c.ack - (1 << 30)) & 0xffffffff)
    c.send(0, bad)


def fragments(c):
    whole = c.segment(0, bad)
    for packet in fragments4(*c.path[:2], TCP, whole, 24, 77):
        c.a.send(eth(c.b_mac, c.a.mac, IPV4, packet))
    time.sleep(0.05)


def syn_with_other_data(c):
    c.send(0, bad)


def reset_and_begin(c):
    # the receiver gets neither: its connection goes on
    c.send(0, bad[:40])
    c.send(40, flags=RST | ACK, ttl=1)
    c.begin(c.isn + 40, ttl=1)
    c.send(40, bad[40:])


def reset_and_begin_far(c):
    # another number: the receiver answers with what it expects
    c.send(0, bad[:40])
    c.send(40, flags=RST | ACK, ttl=1)
    c.begin(c.isn + (1 << 30))
    c.send(40, bad[40:])


def reset_and_answer(c):
    # the answer comes from where the SYN did
    c.send(0, bad[:40])
    c.send(40, flags=RST | ACK, ttl=1)
    c.begin(c.isn + (1 << 30), ttl=1)
    c.forge(SYN | ACK, 77, c.isn + (1 << 30) + 1)
    c.send(40, bad[40:])


def finish_and_begin(c):
    # both ends' FIN, the other one's forged
    c.send(0, bad[:40])
    c.send(40, flags=FIN | ACK, ttl=1)
    c.forge(FIN | ACK, c.ack, c.isn + 41, ttl=1)
    c.begin(c.isn + 40, ttl=1)
    c.send(40, bad[40:])


def blocked_and_begin(c):
    # what was dropped, behind an end and a beginning that nobody got
    c.send(0, bad[:28])
    c.send(28, bad[28:])
    c.send(28, flags=RST | ACK, ttl=1)
    c.begin(c.isn + 27, ttl=1)
    c.send(28, bad[28:])


def reset_and_wait(c):
    # until the gateway has forgotten what had an end
    c.send(0, bad[:40])
    c.send(40, flags=RST | ACK, ttl=1)
    c.later = lambda: c.send(40, bad[40:])


def second_syn(c):
    c.send(0, bad[:40])
    c.begin(c.isn + (1 << 20))
    c.send(40, bad[40:])


EVASIONS = [plain_good, plain_bad, two_segments, tiny, backwards, ahead_of_a_gap, ahead_bad_then_good,
            ahead_good_then_bad, before_the_ack, after_the_ack, overlap_backwards, bad_checksum, low_ttl,
            low_ttl_between, rst_out_of_window, rst_low_ttl, rst_corrupt, fin_low_ttl, fin_ahead, urgent,
            out_of_window, no_ack_flag, old_ack, fragments, syn_with_other_data, second_syn, reset_and_begin,
            reset_and_begin_far, reset_and_answer, finish_and_begin, blocked_and_begin, reset_and_wait]

# What does not get it from this receiver, though from another one; and the control
NEVER = {"plain_good", "ahead_good_then_bad", "after_the_ack", "overlap_backwards"}


def main(dst, dport, sport, had=None):
    a, b = Port("a"), Port("b")
    receiver = Receiver(dst, int(dport))
    names, later = {}, []
    for number, evade in enumerate(EVASIONS):
        port = int(sport) + number
        names[port] = evade.__name__
        c = Attack(port, dst, int(dport), a, b.mac)
        c.open(good if evade is syn_with_other_data else b"")
        evade(c)
        later += [c.later] if c.later else []
    time.sleep(WAIT)
    for rest in later:
        rest()
    read = dict(receiver.read.get(timeout=20) for _ in EVASIONS)
    for port, name in names.items():
        got = read[port]
        print(f"# {name}: read {len(got)} bytes{', the good ones' if got == good else ''}")
        if (BAD in got) != (bool(had) and name not in NEVER):
            fail(f"{name}: the application read {got!r}")
    expect("what nobody forbids", read[int(sport)], good)


if __name__ == "__main__":
    main(*sys.argv[1:])
