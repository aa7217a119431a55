#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-only
"""Every capture of the repository is classified as labels.tsv says.

usage: golden.py PROGRAM [DIRECTORY]

DIRECTORY (this one) holds captures/ and labels.tsv: tab-separated columns
  capture   file name in captures/
  origin    recorded (from a real client, by us), public, played (spoken by a
            program of ours over real sockets, and known to tshark) or crafted
  what      program, version and options; or where it is from
  flows     "app/variant count; ..." for all flows, "unknown count" for those
            that have no name
Fails on any difference, on a capture that is not listed, on a line without
its capture, and where there is nothing to test.
"""

import collections
import pathlib
import sys

from classify import Failed, classify

ORIGINS = ("recorded", "public", "played", "crafted")


def read_flows(text):
    """ "bittorrent/tcp 2; unknown 1" as a Counter """
    flows = collections.Counter()
    for part in text.split(";"):
        name, count = part.split()
        if name in flows or int(count) < 1:
            raise ValueError(part)
        flows[name] = int(count)
    return flows


def read_labels(path):
    """{capture: Counter}, and what is wrong with the file"""
    labels, wrong = {}, []
    for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), 1):
        if not line or line.startswith("#"):
            continue
        columns = line.split("\t")
        try:
            capture, origin, what, flows = columns
            if origin not in ORIGINS or not what.strip() or capture in labels:
                raise ValueError(line)
            labels[capture] = read_flows(flows)
        except ValueError:
            wrong.append(f"labels.tsv:{number}: cannot read: {line}")
    return labels, wrong


def show(flows):
    return "; ".join(f"{name} {count}" for name, count in sorted(flows.items()))


def found_in(program, capture):
    return collections.Counter(
        flow["app"] + ("/" if flow["variant"] else "") + flow["variant"]
        for flow in classify(program, capture)
    )


def test_capture(program, capture, expected):
    """What is wrong with it, or None"""
    if not capture.exists():
        return "listed in labels.tsv, but not there"
    try:
        found = found_in(program, capture)
    except Failed as error:
        return str(error)
    if found != expected:
        return f"expected {show(expected)}\n  found    {show(found)}"
    return None


def main(program, directory=None):
    root = pathlib.Path(directory or pathlib.Path(__file__).parent)
    labels, wrong = read_labels(root / "labels.tsv")
    passed = 0
    for capture in sorted((root / "captures").glob("*.pcap*")):
        if capture.name not in labels:
            wrong.append(f"{capture.name}: not listed in labels.tsv")
    for name, expected in labels.items():
        problem = test_capture(program, root / "captures" / name, expected)
        if problem:
            wrong.append(f"{name}: {problem}")
        else:
            passed += 1
    for line in wrong:
        print(line)
    if not labels and not wrong:
        wrong.append("no captures")
        print("labels.tsv lists no captures")
    print(f"{passed} passed, {len(wrong)} failed")
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
