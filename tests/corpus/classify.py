# SPDX-License-Identifier: GPL-2.0-only
"""p2padm-ctl classify --json, read strictly."""

import json
import subprocess

# The contract: these fields, of these types, in every line.
FIELDS = {
    "file": str,
    "l4": str,
    "src": str,
    "sport": int,
    "dst": str,
    "dport": int,
    "app": str,
    "variant": str,
    "category": str,
    "by": str,
    "packets": int,
    "bytes": int,
    "decided_packet": int,
}


class Failed(Exception):
    """The program did not do what it must."""


def check_fields(flow):
    got = {name: type(value) for name, value in flow.items()}
    if got != FIELDS:
        raise Failed(f"fields are {got}")
    if flow["l4"] not in ("tcp", "udp"):
        raise Failed(f"l4 is {flow['l4']}")
    if flow["category"] not in ("p2p", "im", "none"):
        raise Failed(f"category is {flow['category']}")
    if (flow["app"] == "unknown") != (flow["by"] == "none"):
        raise Failed(f"app {flow['app']} by {flow['by']}")
    if not 0 <= flow["decided_packet"] <= flow["packets"]:
        raise Failed(f"decided at packet {flow['decided_packet']} of {flow['packets']}")


def classify(program, capture):
    """The flows of @capture. Raises Failed where the program fails on it."""
    done = subprocess.run(
        [program, "classify", "--json", str(capture)],
        capture_output=True,
        text=True,
        timeout=300,
        check=False,
    )
    if done.returncode or done.stderr:
        raise Failed(f"exit code {done.returncode}: {done.stderr.strip()}")
    flows = [json.loads(line) for line in done.stdout.splitlines()]
    for flow in flows:
        check_fields(flow)
    return flows
