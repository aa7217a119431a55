#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-only
"""Write the capture that the runner is tried with.

usage: craft.py FILE

Two TCP connections between 10.0.0.1 and 10.0.0.2, raw IP: one opens with
BitTorrent's handshake (BEP 3), the other is an HTTP request and its answer.
"""

import struct
import sys

SYN, ACK = 0x02, 0x10


def ipv4(src, dst, payload):
    header = struct.pack(
        "!BBHHHBBH4B4B", 0x45, 0, 20 + len(payload), 0, 0, 64, 6, 0, *src, *dst
    )
    return header + payload


def tcp(sport, dport, seq, flags, payload=b""):
    return struct.pack("!HHIIBBHHH", sport, dport, seq, 0, 0x50, flags, 8192, 0, 0) + payload


def connection(sport, dport, request, answer):
    """The packets of one connection from .1 to .2"""
    one, two = (10, 0, 0, 1), (10, 0, 0, 2)
    yield ipv4(one, two, tcp(sport, dport, 100, SYN))
    yield ipv4(two, one, tcp(dport, sport, 900, SYN | ACK))
    yield ipv4(one, two, tcp(sport, dport, 101, ACK, request))
    yield ipv4(two, one, tcp(dport, sport, 901, ACK, answer))


def pcap(packets):
    """A little-endian pcap file of raw IP (LINKTYPE_RAW, 101)"""
    out = struct.pack("<IHHiIII", 0xA1B2C3D4, 2, 4, 0, 0, 65535, 101)
    for number, packet in enumerate(packets):
        out += struct.pack("<IIII", 1700000000 + number, 0, len(packet), len(packet))
        out += packet
    return out


def handshake(peer):
    return b"\x13BitTorrent protocol" + bytes(8) + b"a" * 20 + peer.ljust(20, b"0")


def capture():
    return pcap(
        [
            *connection(51413, 6881, handshake(b"-XX0001-"), handshake(b"-YY0001-")),
            *connection(
                40000,
                8080,
                b"GET / HTTP/1.1\r\nHost: www.example.org\r\n\r\n",
                b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nhi",
            ),
        ]
    )


if __name__ == "__main__":
    with open(sys.argv[1], "wb") as file:
        file.write(capture())
