#!/usr/bin/python3 -IS
# SPDX-License-Identifier: GPL-2.0-only
"""Filter for `p2padm-ctl flows --json`: the flows of which all conditions hold.

flows.py [FIELD=VALUE | FIELD!=VALUE | FIELD<=N | FIELD>=N | FIELD~WORD]...

FIELD is one of p2padm-ctl's, or `port`, which either end may have (one, or several
with commas), or `total`, the packets of both directions, or `refused`, `yes` for a TCP
connection that its receiver answered with nothing but resets, or `mute`, `yes` for one
in which no end has sent any data so far. An absent field is empty.
FIELD~WORD: the list or string contains it. What is within a field is called
FIELD.NAME. Output: a flow a line, its fields as `FIELD=VALUE` words.
"""
import json
import re
import sys


def holds(flow, condition):
    field, relation, want = re.fullmatch(r"([\w.]+)(!=|<=|>=|=|~)(.*)", condition).groups()
    if field == "port":
        return not {str(flow["sport"]), str(flow["dport"])}.isdisjoint(want.split(","))
    got = flow.get(field, "")
    if relation == "=":
        return str(got) == want
    if relation == "!=":
        return str(got) != want
    if relation == "~":
        return want in got
    return got != "" and (got <= int(want) if relation == "<=" else got >= int(want))


def bare_bytes(flow):
    """What a TCP packet has without options and data: an IP packet of 40 bytes, or of 60."""
    return 60 if ":" in flow["src"] else 40


def refused(flow):
    """A reset that answers a SYN is a bare header."""
    bare = bare_bytes(flow)
    replies = flow["reply_packets"]
    return flow["l4"] == "tcp" and replies > 0 and flow["reply_bytes"] == bare * replies


def mute(flow):
    """Headers alone: with 12 bytes of options, timestamps; a SYN has 8 more."""
    header = bare_bytes(flow) + 12
    return (flow["l4"] == "tcp" and flow["bytes"] <= header * flow["packets"] + 8
            and flow["reply_bytes"] <= header * flow["reply_packets"] + 8)


def flat(flow):
    for field, value in flow.items():
        if isinstance(value, dict):
            yield from ((f"{field}.{name}", one) for name, one in value.items())
        else:
            yield field, value


def main():
    for flow in map(dict, map(flat, json.load(sys.stdin))):
        flow["total"] = flow["packets"] + flow["reply_packets"]
        flow["refused"] = "yes" if refused(flow) else "no"
        flow["mute"] = "yes" if mute(flow) else "no"
        if all(holds(flow, condition) for condition in sys.argv[1:]):
            print(*(f"{field}={','.join(value) if isinstance(value, list) else value}"
                    for field, value in flow.items()))


if __name__ == "__main__":
    main()
