#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-only
"""What has a name is found in the shared corpus, and nothing else is called so.

usage: shared_corpus.py PROGRAM CORPUS

CORPUS has captures/ and labels.tsv (capture, source, flows in the source's own
words). A capture is an application's where a label begins with its word: it must
hold as many flows of it as the label counts (at least: a long silence begins a
UDP flow anew), or one where it counts none. "DNS.BitTorrent" and the like are
other protocols on the way to BitTorrent. No other flow may have a name. Exits
with 77, skipped, where there is no corpus.
"""

import collections
import pathlib
import re
import sys

from classify import Failed, classify

SKIPPED = 77


WORDS = {"BitTorrent": "bittorrent", "eDonkey": "edonkey", "Gnutella": "gnutella"}


def expected_flows(labels):
    """{application: flows that the source counts}"""
    count = collections.Counter()
    for label in labels.split(";"):
        match = re.match(r"\s*(\w+)\b(?!\.)\D*(\d*)\s*$", label)
        if match and match[1] in WORDS:
            count[WORDS[match[1]]] += int(match[2] or 1)
    return count


def test_capture(program, capture, labels):
    """What is wrong with it, or None"""
    try:
        flows = classify(program, capture)
    except Failed as error:
        return str(error)
    named = collections.Counter(f["app"] for f in flows if f["app"] != "unknown")
    wanted = expected_flows(labels)
    for app, count in wanted.items():
        if named[app] < count:
            return f"{named[app]} flows of {count} are named {app} ({labels})"
    for app, count in named.items():
        if app not in wanted:
            return f"{count} flows are called {app} ({labels})"
    return None


def main(program, corpus):
    root = pathlib.Path(corpus)
    if not (root / "labels.tsv").exists():
        print(f"skipped: no corpus in {root}")
        return SKIPPED
    wrong, passed, named = [], 0, 0
    for line in (root / "labels.tsv").read_text(encoding="utf-8").splitlines():
        if not line or line.startswith("#"):
            continue
        name, _, labels = line.split("\t")
        problem = test_capture(program, root / "captures" / name, labels)
        if problem:
            wrong.append(f"{name}: {problem}")
        else:
            passed += 1
            named += bool(expected_flows(labels))
    for line in wrong:
        print(line)
    if not named:
        wrong.append("")
        print("no capture of what has a name passed")
    print(f"{passed} passed ({named} of what has a name), {len(wrong)} failed")
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
