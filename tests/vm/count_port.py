#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0-only
"""Count the TCP packets to and from ports in a capture of an Ethernet port.

count_port.py PCAP PORT...

Prints a line `PORT TO FROM FIRST` for each; FIRST is which of them, counted
from 1, is the first with data, 0 if none is. Sees through VLAN tags and PPPoE; no IP options, no
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


def main(path, *ports):
    with open(path, "rb") as file:
        data = file.read()
    counts = {int(port): [0, 0, 0] for port in ports}
    at = 24
    while at + 16 <= len(data):
        length = struct.unpack_from("<I", data, at + 8)[0]
        source, destination, payload = tcp(data[at + 16 : at + 16 + length]) or (0, 0, 0)
        for port in {source, destination} & counts.keys():
            count = counts[port]
            count[port == source] += 1
            if payload > 0:
                count[2] = count[2] or count[0] + count[1]
        at += 16 + length
    for port, count in counts.items():
        print(port, *count)


if __name__ == "__main__":
    main(*sys.argv[1:])
