#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-only
"""A storm of small packets through the bridge, until it is killed.

    storm.py NS [DEV]

Every kind that the module treats differently: new flows and old ones, TCP
that begins, ends and is used again, BitTorrent and not, IPv4 and IPv6, tagged,
in fragments, malformed, exempt, flooded. The device may go and come back.
"""
import itertools
import os
import random
import sys
import time

from lab import (ACK, ARP, BROADCAST, FIN, HANDSHAKE, IPV4, IPV6, LSD, PSH, RST, SYN, TCP, UDP,
                 Port, eth, fragments4, fragments6, ip, kind_of, tcp, udp)


def frames(me, rng):
    out = []
    for n in range(120):
        v6 = n % 4 == 3
        src, dst = (f"fd09::{n:x}", "fd08::1") if v6 else (f"10.9.{n >> 6}.{n & 63}", "10.8.0.1")
        to = rng.choice(("02:00:00:00:00:aa", BROADCAST, "02:00:00:00:00:bb"))
        kind = kind_of(src)

        def one(l4, payload):
            frame = eth(to, me, kind, ip(src, dst, l4, payload))
            if n % 7 == 0:  # tagged
                frame = frame[:12] + b"\x81\0" + bytes([0, 1 + n % 20]) + frame[12:]
            out.append(frame)

        data = rng.choice((HANDSHAKE, b"GET / HTTP/1.1\r\n\r\n", rng.randbytes(60), b"\0"))
        one(TCP, tcp(src, dst, 1000 + n, 80, SYN))
        one(TCP, tcp(src, dst, 1000 + n, 80, ACK, 1, 1))
        one(TCP, tcp(src, dst, 1000 + n, 80, PSH | ACK, 1, 1, data))
        one(TCP, tcp(src, dst, 1000 + n, 80, PSH | ACK, 61, 1, data))
        one(TCP, tcp(src, dst, 1000 + n, 80, FIN | ACK, 121, 1))
        if n % 3 == 0:
            one(TCP, tcp(src, dst, 1000 + n, 80, RST, 122))
        one(UDP, udp(src, dst, 2000 + n, 6881, rng.choice((LSD, rng.randbytes(40)))))
        one(UDP, udp(src, dst, 5000 + rng.randrange(40000), 6881, b"d1:ad2:id20:" + rng.randbytes(20)))
        cut = fragments6 if v6 else fragments4
        for piece in cut(src, dst, TCP, tcp(src, dst, 3000, 80, ACK, 1, 1, bytes(80)), 48, n):
            out.append(eth(to, me, kind, piece))
        out.append(eth(to, me, kind, ip(src, dst, TCP, bytes(rng.randrange(20)))))
        out.append(eth(BROADCAST, me, ARP, bytes(46)))
    # what comes close together is not always of one flow
    rng.shuffle(out)
    return out


def main(ns, dev="eth0"):
    os.sched_setaffinity(0, range(os.cpu_count()))
    os.nice(5)  # what the test does beside it comes first, but not alone
    rng = random.Random(ns)
    port, storm = None, []
    for n in itertools.count(1):
        try:
            if port is None:
                port = Port(ns, dev)
                storm = storm or frames(port.mac, rng)
                began = time.monotonic()
            port.send(storm[n % len(storm)])
            if n == 1:
                print("begun", flush=True)
            if n % 64 == 0:  # a quarter of the time: others have work, too
                time.sleep(3 * (time.monotonic() - began))
                began = time.monotonic()
        except OSError:  # gone, down or full
            if port:
                port.sock.close()
            port = None
            time.sleep(0.02)


if __name__ == "__main__":
    main(*sys.argv[1:])
