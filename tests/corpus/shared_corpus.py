#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-only
"""BitTorrent is found in the shared corpus, and nothing else is called so.

usage: shared_corpus.py PROGRAM CORPUS

CORPUS has captures/ and labels.tsv (capture, source, flows in the source's own
words). A capture is BitTorrent's where a label begins with that word: it must
hold as many bittorrent flows as the label counts (at least: a long silence
begins a UDP flow anew), or one where it counts none. "DNS.BitTorrent" and the
like are other protocols on the way to BitTorrent. Every other capture must
hold no bittorrent flow. Exits with 77, skipped, where there is no corpus.
"""

import pathlib
import re
import sys

from classify import Failed, classify

SKIPPED = 77


def expected_flows(labels):
    """BitTorrent flows that the source counts; 0 for none"""
    count = 0
    for label in labels.split(";"):
        match = re.match(r"\s*BitTorrent\b(?!\.)\D*(\d*)\s*$", label)
        if match:
            count += int(match[1] or 1)
    return count


def test_capture(program, capture, labels):
    """What is wrong with it, or None"""
    try:
        flows = classify(program, capture)
    except Failed as error:
        return str(error)
    named = [f for f in flows if f["app"] == "bittorrent"]
    wanted = expected_flows(labels)
    if wanted and len(named) < wanted:
        return f"{len(named)} flows of {wanted} are named bittorrent ({labels})"
    if not wanted and named:
        return f"{len(named)} flows are called bittorrent, as {named[0]} ({labels})"
    return None


def main(program, corpus):
    root = pathlib.Path(corpus)
    if not (root / "labels.tsv").exists():
        print(f"skipped: no corpus in {root}")
        return SKIPPED
    wrong, passed, bittorrent = [], 0, 0
    for line in (root / "labels.tsv").read_text(encoding="utf-8").splitlines():
        if not line or line.startswith("#"):
            continue
        name, _, labels = line.split("\t")
        problem = test_capture(program, root / "captures" / name, labels)
        if problem:
            wrong.append(f"{name}: {problem}")
        else:
            passed += 1
            bittorrent += expected_flows(labels) > 0
    for line in wrong:
        print(line)
    if not bittorrent:
        wrong.append("")
        print("no capture of BitTorrent passed")
    print(f"{passed} passed ({bittorrent} of BitTorrent), {len(wrong)} failed")
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
