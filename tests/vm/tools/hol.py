#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0-only
"""How long a flow's packets are on their way while another flow has a gap.

hol.py PORT     from two ports of a, PORT and the next, to b

Both are BitTorrent, and read. B sends 900 segments, one a millisecond, each of which is acknowledged
as it arrives; first while A waits for nothing, then while A lacks a segment,
which comes at last. A packet's delay is from before it is sent until b's kernel has it.
Prints one JSON object: nanoseconds, and what of A came before and behind the missing one.
"""
import gc
import json

from lab import *

PACKETS, EVERY, SIZE = 900, 0.001, 50  # less than a window, where nobody acknowledges
SO_TIMESTAMPNS = 35
BLOCK = b"\x00\x0f\x42\x49\x07" + bytes(8)  # a piece message of a million bytes begins


class Flow:
    """made by hand; its data goes from a to b"""

    def __init__(self, port, a, b):
        self.out, self.back = ("10.9.0.1", "10.9.0.2", port, 80), ("10.9.0.2", "10.9.0.1", 80, port)
        self.a, self.b, self.next = a, b, 1000

    def frame(self, data=b"", flags=ACK, seq=None):
        seq = self.next if seq is None else seq
        return self.a.to(self.b, ip4(*self.out[:2], TCP, tcp(*self.out, flags, seq, 5000, data)))

    def answer(self, flags=ACK, seq=5000, ack=None):
        return self.b.to(self.a, ip4(*self.back[:2], TCP, tcp(*self.back, flags, seq, ack or self.next)))

    def begin(self):
        offer(self.a, [self.frame(flags=SYN, seq=999)], self.b)
        offer(self.b, [self.answer(SYN | ACK, 4999, 1000)], self.a)
        for data in (HANDSHAKE, BLOCK):
            offer(self.a, [self.frame(data)], self.b)
            self.next += len(data)
            offer(self.b, [self.answer()], self.a)

    def is_mine(self, frame):
        return frame[12:14] == b"\x08\x00" and struct.unpack_from("!H", frame, 34)[0] == self.out[2]


def arrivals(sock):
    """frames that have come, and when"""
    while select.select([sock], [], [], 0)[0]:
        frame, told, _, _ = sock.recvmsg(2048, 64)
        s, ns = struct.unpack("qq", told[0][2])
        yield frame, s * 10**9 + ns


def note(flow, sent, delays):
    """what has come of @flow: when; and it is acknowledged"""
    for frame, at in arrivals(flow.b.sock):
        if flow.is_mine(frame):
            seq = struct.unpack_from("!I", frame, 38)[0]
            delays.append(at - sent.pop(seq))
            flow.b.send(flow.answer(ack=seq + SIZE))


def measure(flow):
    """the segments' delays; those that have not come yet left open: {seq: when sent}"""
    frames, sent, delays = [], {}, []
    for _ in range(PACKETS):
        frames.append((flow.next, flow.frame(b"d" * SIZE)))
        flow.next += SIZE
    start = time.monotonic()
    for i, (seq, frame) in enumerate(frames):
        while time.monotonic() < start + i * EVERY:
            note(flow, sent, delays)
        sent[seq] = time.time_ns()
        flow.a.send(frame)
    time.sleep(EVERY)
    note(flow, sent, delays)
    return sent, delays


def figures(sent, delays):
    delays = sorted(delays)
    return {"lost": len(sent), "median": delays[len(delays) // 2],
            "p99": delays[len(delays) * 99 // 100], "max": delays[-1]}


def measure_all(port):
    """what is printed"""
    a, b = Port("a"), Port("b")
    b.sock.setsockopt(socket.SOL_SOCKET, SO_TIMESTAMPNS, 1)
    learn(a, b)
    gap, other = Flow(port, a, b), Flow(port + 1, a, b)
    gap.begin()
    other.begin()
    gc.disable()
    measure(other)  # nothing is cold
    b.drain()
    out = {"alone": figures(*measure(other))}

    ahead = [gap.frame(b"a" * 100, seq=gap.next + 100 * i) for i in range(1, 6)]
    out["passed_ahead"] = sum(map(gap.is_mine, offer(a, ahead, b)))
    sent, delays = measure(other)
    out["arrived_in_time"] = len(delays)
    a.send(gap.frame(b"a" * 100))
    behind = []
    end = time.monotonic() + 1
    while time.monotonic() < end:
        for frame, at in arrivals(b.sock):
            if gap.is_mine(frame):
                behind.append(struct.unpack_from("!I", frame, 38)[0])
            elif other.is_mine(frame):
                delays.append(at - sent.pop(struct.unpack_from("!I", frame, 38)[0]))
    out["behind"] = [(seq - gap.next) // 100 for seq in behind]
    out["beside"] = figures(sent, delays)
    gc.enable()
    return out


if __name__ == "__main__":
    print(json.dumps(measure_all(int(sys.argv[1]))))
