#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-only
"""scripts/check-netlink-spec must notice every difference.

usage: netlink_spec_test.py REPOSITORY

Makes each small change to header and spec that could be forgotten on the
other side, and expects the check to fail for every one of them.
"""

import importlib.machinery
import importlib.util
import pathlib
import re
import sys
import unittest

import yaml

ROOT = pathlib.Path(sys.argv.pop(1))
LOADER = importlib.machinery.SourceFileLoader(
    "check_netlink_spec", str(ROOT / "scripts/check-netlink-spec")
)
SPEC = importlib.util.spec_from_loader("check_netlink_spec", LOADER)
check = importlib.util.module_from_spec(SPEC)
sys.dont_write_bytecode = True
LOADER.exec_module(check)

HEADER = (ROOT / "include/uapi/linux/kp2padm.h").read_text(encoding="utf-8")
YAML = (ROOT / "docs/netlink/kp2padm.yaml").read_text(encoding="utf-8")


LOADED = getattr(yaml, "CSafeLoader", yaml.SafeLoader)  # the quick one, if any
WHOLE = yaml.load(YAML, LOADED)


def fails(header=HEADER, spec=None):
    try:
        loaded = yaml.load(spec, LOADED) if spec else WHOLE
        return bool(check.compare(header, loaded))
    except (check.Unreadable, KeyError, TypeError):
        return True


class Differences(unittest.TestCase):
    def test_none(self):
        self.assertEqual(check.compare(HEADER, yaml.safe_load(YAML)), [])

    def each_line(self, text, pattern, change, as_header):
        """Apply @change to every line that matches, one at a time: all fail."""
        lines = text.split("\n")
        tried = 0
        for number, line in enumerate(lines):
            changed = change(lines, number) if re.search(pattern, line) else None
            if changed is None or changed == lines:
                continue
            tried += 1
            changed = "\n".join(changed)
            with self.subTest(line=line):
                if as_header:
                    self.assertTrue(fails(header=changed))
                else:
                    self.assertTrue(fails(spec=changed))
        self.assertGreater(tried, 5)

    def test_header_enumerators(self):
        entry = r"^\t_*KP2PADM_\w+( = [^,]*)?,|^\tX\("
        remove = lambda lines, n: lines[:n] + lines[n + 1 :]
        rename = lambda lines, n: lines[:n] + [
            re.sub(r"(KP2PADM_\w*?|X\()(\w+?)(,| =)", r"\1Z\2\3", lines[n], count=1)
        ] + lines[n + 1 :]
        for change in (remove, rename):
            self.each_line(HEADER, entry, change, True)

    def test_header_order(self):
        entry = r"^\t_*KP2PADM_\w+( = [^,]*)?,|^\tX\("

        def swap(lines, n):
            if not re.search(entry, lines[n + 1]):
                return None
            if lines[n].endswith("\\") != lines[n + 1].endswith("\\"):
                return None  # would not be a macro any more
            return lines[:n] + [lines[n + 1], lines[n]] + lines[n + 2 :]

        self.each_line(HEADER, entry, swap, True)

    def test_header_addition(self):
        entry = r"^\tKP2PADM_\w+,"
        add = lambda lines, n: lines[:n] + [
            re.sub(r"(KP2PADM_\w+),", r"\1_MORE,", lines[n])
        ] + lines[n:]
        self.each_line(HEADER, entry, add, True)

    def test_header_types(self):
        typed = r"^\tKP2PADM_A_\w+,\s*/\* (string|binary|flag|u8|u16|u32|u64|s64)\b"
        change = lambda lines, n: lines[:n] + [
            re.sub(r"/\* \w+", "/* s99", lines[n])
        ] + lines[n + 1 :]
        self.each_line(HEADER, typed, change, True)

    def test_header_rest(self):
        for old, new in (
            ('GENL_NAME "kp2padm"', 'GENL_NAME "kp2p"'),
            ("GENL_VERSION 1", "GENL_VERSION 2"),
            ("NAME_MAX 32", "NAME_MAX 33"),
            ("do, admin: KP2PADM_A_NET", "do: KP2PADM_A_NET"),
            ("dump -> one KP2PADM_A_APP", "do -> one KP2PADM_A_APP"),
            ("do -> KP2PADM_A_POLICY", "do, admin -> KP2PADM_A_POLICY"),
            ("u16, be", "u16"),
            ("u8: enum kp2padm_by", "u8: enum kp2padm_mode"),
            ("1 << 3", "1 << 7"),
            ("flows created", "flows begun"),
            ("passed unread */", "passed */"),
            ("(__KP2PADM_CMD_MAX - 1)", "(__KP2PADM_CMD_MAX)"),
            ("enum kp2padm_a_net {", "enum kp2padm_a_web {"),
            ("enum kp2padm_by {", "enum kp2padm_from {"),
            ('GROUP_EVENTS "events"', 'GROUP_EVENTS "event"'),
            ("struct kp2padm_range {", "struct kp2padm_span {"),
            ("__u8 len;", "__u16 len;"),
            ("__u8 addr[16]", "__u8 addr[4]"),
            ("struct kp2padm_prefix prefix;", "struct kp2padm_range prefix;"),
            ("struct kp2padm_host array", "struct kp2padm_prefix array"),
            ("binary: u16 array", "binary: u32 array"),
            ("string, repeated: name", "string: name"),
            ("nest: KP2PADM_A_FLOW", "nest: KP2PADM_A_POLICY"),
            ("/* flag:", "/* u8:"),
            ("_HOSTS, _SCHEDULE", "_HOSTS"),
            ("do, admin: KP2PADM_A_POLICY_TRIAL ->", "do, admin ->"),
            ("multicast: KP2PADM_A_EVENT", "do: KP2PADM_A_EVENT"),
            ("to add: nest", "nest"),
            ("reply only */", "always */"),
        ):
            with self.subTest(old=old):
                self.assertIn(old, HEADER)
                self.assertTrue(fails(header=HEADER.replace(old, new, 1)))

    def test_spec_lines(self):
        """Names, types and references of the spec, each changed."""
        lines = r"^\s+(- )?(name|type|enum|enum-name|name-prefix|byte-order|sub-type|value|attribute-set|nested-attributes|multi-attr|flags): "
        change = lambda lines, n: lines[:n] + [
            re.sub(r": \S.*", ": z9" if "flags:" not in lines[n] else ": []", lines[n])
        ] + lines[n + 1 :]
        self.each_line(YAML, lines, change, False)

    def test_spec_lists(self):
        """Entries of lists removed, and doubled."""
        lines = r"^\s+- [a-z0-9-]+$"
        remove = lambda lines, n: lines[:n] + lines[n + 1 :]
        double = lambda lines, n: lines[:n] + [lines[n]] + lines[n:]
        for change in (remove, double):
            self.each_line(YAML, lines, change, False)

    def test_spec_flow_lists(self):
        for old in ("[ none, p2p, im ]", "[ none, payload ]"):
            names = old.strip("[] ").split(", ")
            for new in (names[::-1], names[1:], names + ["z9"]):
                with self.subTest(old=old, new=new):
                    self.assertIn(old, YAML)
                    text = "[ " + ", ".join(new) + " ]"
                    self.assertTrue(fails(spec=YAML.replace(old, text, 1)))


if __name__ == "__main__":
    unittest.main()
