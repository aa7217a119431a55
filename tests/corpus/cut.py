#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-only
"""Cut a capture to a few packets of each flow, and say what the flows are.

usage: cut.py IN OUT [--keep N] [--skip N] [--sender ADDRESS] RULE...

RULE is `tcp:PORT=NAME`, `udp:PORT=NAME` (either end has that port) or
`NAME` for what no rule before it took; flows without a rule are an error: the
names come from who ran on which port, never from the classifier. Of each
flow --skip packets are left out and --keep (12) kept; --sender keeps one
side alone. Prints the flows as labels.tsv has them. Ethernet, IP without
options or extensions, pcap of microseconds: what record.sh makes.
"""
import argparse
import collections
import ipaddress
import struct
import sys

L4 = {6: "tcp", 17: "udp"}


def packets(data):
    """(record, frame) of a pcap file"""
    if data[:4] != b"\xd4\xc3\xb2\xa1":
        raise SystemExit("not a little-endian pcap file of microseconds")
    at = 24
    while at + 16 <= len(data):
        length = struct.unpack_from("<I", data, at + 8)[0]
        yield data[at : at + 16 + length], data[at + 16 : at + 16 + length]
        at += 16 + length


def decode(frame):
    """(l4, source, source port, destination, destination port), or None"""
    kind = struct.unpack_from(">H", frame, 12)[0]
    if kind == 0x0800:
        l4, size, head = frame[23], 4, 14 + (frame[14] & 15) * 4
        addresses = frame[26:34]
    elif kind == 0x86DD:
        l4, size, head = frame[20], 16, 54
        addresses = frame[22:54]
    else:
        return None
    if l4 not in L4:
        return None
    source, destination = (ipaddress.ip_address(addresses[n : n + size]) for n in (0, size))
    sport, dport = struct.unpack_from(">HH", frame, head)
    return L4[l4], source, sport, destination, dport


def is_exempt(flow):
    """What the classifier leaves alone, and so no flow"""
    l4, source, sport, destination, dport = flow
    group = destination.is_multicast and dport != 6771
    return group or source.is_link_local or destination.is_link_local


def name_of(flow, rules):
    l4, _, sport, _, dport = flow
    for rule in rules:
        condition, equals, name = rule.rpartition("=")
        if not equals or condition in (f"{l4}:{sport}", f"{l4}:{dport}"):
            return name
    raise SystemExit(f"no rule for {flow}")


def arguments():
    p = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    p.add_argument("source")
    p.add_argument("target")
    p.add_argument("rules", nargs="+")
    p.add_argument("--keep", type=int, default=12)
    p.add_argument("--skip", type=int, default=0)
    p.add_argument("--sender", type=ipaddress.ip_address)
    return p.parse_args()


def main():
    o = arguments()
    with open(o.source, "rb") as file:
        data = file.read()
    seen = collections.Counter()
    named = {}
    out = [data[:24]]
    for record, frame in packets(data):
        flow = decode(frame)
        if flow is None or is_exempt(flow) or o.sender not in (None, flow[1]):
            continue
        key = (flow[0], frozenset((flow[1:3], flow[3:5])))
        seen[key] += 1
        if o.skip < seen[key] <= o.skip + o.keep:
            named[key] = name_of(flow, o.rules)
            out.append(record)
    with open(o.target, "wb") as file:
        file.write(b"".join(out))
    if not named:
        raise SystemExit("no flows")
    flows = collections.Counter(named.values())
    print("; ".join(f"{name} {count}" for name, count in sorted(flows.items())))
    return 0


if __name__ == "__main__":
    sys.exit(main())
