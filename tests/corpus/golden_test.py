#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-only
"""golden.py must be able to fail.

usage: golden_test.py PROGRAM
"""

import contextlib
import io
import pathlib
import sys
import tempfile
import unittest

sys.dont_write_bytecode = True
import craft  # noqa: E402
import golden  # noqa: E402

PROGRAM = sys.argv.pop(1)
HERE = pathlib.Path(__file__).parent
GOOD = "a.pcap\tcrafted\tby craft.py\tbittorrent/tcp 1; unknown 1\n"


class Golden(unittest.TestCase):
    def run_on(self, labels, captures):
        """Exit code and output of the runner in a directory of its own"""
        with tempfile.TemporaryDirectory() as name:
            root = pathlib.Path(name)
            (root / "captures").mkdir()
            (root / "labels.tsv").write_text(labels, encoding="utf-8")
            for capture, content in captures.items():
                (root / "captures" / capture).write_bytes(content)
            out = io.StringIO()
            with contextlib.redirect_stdout(out):
                code = golden.main(PROGRAM, name)
        return code, out.getvalue()

    def fails(self, labels, captures, text):
        code, out = self.run_on(labels, captures)
        self.assertEqual(code, 1)
        self.assertIn(text, out)
        self.assertNotRegex(out, r"\b0 failed")

    def test_passes(self):
        self.assertEqual(
            self.run_on("# capture\n" + GOOD, {"a.pcap": craft.capture()}),
            (0, "1 passed, 0 failed\n"),
        )

    def test_differences(self):
        for flows in (
            "bittorrent/tcp 2; unknown 1",
            "bittorrent/tcp 1",
            "bittorrent/utp 1; unknown 1",
            "unknown 2",
            "bittorrent/tcp 1; unknown 1; xmpp 1",
        ):
            with self.subTest(flows=flows):
                self.fails(
                    f"a.pcap\tcrafted\tx\t{flows}\n", {"a.pcap": craft.capture()}, "expected"
                )

    def test_unlisted(self):
        captures = {"a.pcap": craft.capture(), "b.pcapng": b""}
        self.fails(GOOD, captures, "b.pcapng: not listed")

    def test_absent(self):
        self.fails(GOOD, {}, "not there")

    def test_damaged(self):
        self.fails(GOOD, {"a.pcap": craft.capture()[:-1]}, "exit code 1")
        self.fails(GOOD, {"a.pcap": b"text"}, "exit code 1")

    def test_nothing(self):
        self.fails("# nothing\n", {}, "no captures")

    def test_labels(self):
        for labels in (
            "a.pcap\tcrafted\tbittorrent/tcp 1\n",
            "a.pcap\tfound\tx\tbittorrent/tcp 1; unknown 1\n",
            "a.pcap\tcrafted\t \tbittorrent/tcp 1; unknown 1\n",
            "a.pcap\tcrafted\tx\tbittorrent/tcp\n",
            "a.pcap\tcrafted\tx\t\n",
            GOOD + GOOD,
        ):
            with self.subTest(labels=labels):
                self.fails(labels, {"a.pcap": craft.capture()}, "cannot read")

    def test_the_committed_capture_is_the_script_s(self):
        committed = HERE / "captures/crafted-handshake-and-http.pcap"
        self.assertEqual(committed.read_bytes(), craft.capture())


if __name__ == "__main__":
    unittest.main()
