#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0-only
"""Count the TCP packets to and from a port in a capture of an Ethernet port.

count_port.py PCAP PORT

Prints `TO FROM FIRST`; FIRST is which of them, counted from 1, is the first
with data, 0 if none is. Sees through VLAN tags and PPPoE; no IP options, no
IPv6 extension headers.
"""
import struct
import sys

VLAN, PPPOE, IPV4, IPV6 = (0x8100, 0x88A8), 0x8864, 0x0800, 0x86DD
PPP = {0x0021: IPV4, 0x0057: IPV6}


def tcp(frame):
    """(source port, destination port, bytes of data) of a TCP packet, or None"""
    at = 12
    kind = struct.unpack_from(">H", frame, at)[0]
    while kind in VLAN:
        at += 4
        kind = struct.unpack_from(">H", frame, at)[0]
    at += 2
    if kind == PPPOE:
        kind = PPP.get(struct.unpack_from(">H", frame, at + 6)[0])
        at += 8
    if kind == IPV4 and frame[at + 9] == 6:
        length, head = struct.unpack_from(">H", frame, at + 2)[0] - 20, at + 20
    elif kind == IPV6 and frame[at + 6] == 6:
        length, head = struct.unpack_from(">H", frame, at + 4)[0], at + 40
    else:
        return None
    return *struct.unpack_from(">HH", frame, head), length - (frame[head + 12] >> 4) * 4


def main(path, port):
    with open(path, "rb") as file:
        data = file.read()
    to = sent = first = 0
    at = 24
    while at + 16 <= len(data):
        length = struct.unpack_from("<I", data, at + 8)[0]
        found = tcp(data[at + 16 : at + 16 + length])
        if found and int(port) in found[:2]:
            sent += found[0] == int(port)
            to += found[1] == int(port)
            if found[2] > 0:
                first = first or to + sent
        at += 16 + length
    print(to, sent, first)


if __name__ == "__main__":
    main(*sys.argv[1:])
