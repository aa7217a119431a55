#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-only
"""streams.py TOOLS OUT: see README.md, "What reading does to time"

Runs in the lab machine, beside the bridge of tests/vm/lib.sh. Two questions, to each queue
that the module has: does a flow wait for another one's gap, and is a transfer over a lossy
line as fast as over the plain bridge? Prints what it finds, writes it to OUT, exit 1 when a
guard fails.
"""
import json
import math
import pathlib
import statistics
import subprocess
import sys
import threading

import hol
import nl
import wire
from lab import *

TOOLS = pathlib.Path(sys.argv[1])
PATTERNS = {
    "none": "no loss",
    "bernoulli": "Bernoulli 1 %",
    "gilbert-short": "Gilbert 1 %/30 %",
    "gilbert-long": "Gilbert 0.5 %/10 %",
    "markov": "Markov, order 2",
    "reorder": "reorder 25 %",
    "duplicate": "duplicate 1 %",
}
CONTENT = bytes(range(256)) * 4096
FIRST, MOST = 4, 12  # pairs of transfers: to see how they vary, and the most
MARGIN = 0.02
# Student's t, one-sided 95 %, by degrees of freedom
T95 = (6.31, 2.92, 2.35, 2.13, 2.02, 1.94, 1.89, 1.86, 1.83, 1.81, 1.80)


def load():
    subprocess.run(["insmod", TOOLS / "kp2padm.ko"], check=True)
    nl.Genl().install("enforce", [{"name": "read", "audit": True}])


def unload():
    subprocess.run(["rmmod", "kp2padm"], check=True)


# -- head of line -----------------------------------------------------------------

def head_of_line():
    """{queue: what hol.py measures}"""
    found = {}
    load()
    for n, queue in enumerate(("fast", "hold", "fifo")):
        parameter("queue", queue)
        found[queue] = hol.measure_all(7000 + 100 * n)
    unload()
    return found


# -- transfers ----------------------------------------------------------------------

def ip_link(*words):
    subprocess.run(["ip", "link", *words], check=True)


def long_line():
    """a's port is not on the bridge any more: link.cpp's line is between"""
    ip_link("set", "pa", "nomaster")
    ip_link("add", "line", "type", "veth", "peer", "name", "pl")
    for device in ("pa", "line", "pl"):
        subprocess.run(["sysctl", "-qw", f"net.ipv6.conf.{device}.disable_ipv6=1"], check=True)
        subprocess.run(["ethtool", "-K", device, "tx", "off", "tso", "off", "gso", "off", "gro", "off"],
                       check=True, stdout=subprocess.DEVNULL)
    ip_link("set", "pl", "master", "br0")
    ip_link("set", "pl", "up")
    ip_link("set", "line", "up")


def transfer(pattern, seed, port):
    """seconds that b waits for all of a's content"""
    line = subprocess.Popen([TOOLS / "link", "pa", "line", pattern, str(seed)], stdout=subprocess.PIPE)
    line.stdout.readline()
    with inside("a"):
        listener = socket.create_server(("10.77.0.1", port))
    server = threading.Thread(target=lambda: wire.give(listener.accept()[0], CONTENT))
    server.start()
    with inside("b"):
        sock = socket.socket()
    sock.settimeout(120)
    start = time.monotonic()
    with sock:
        sock.connect(("10.77.0.1", port))
        sock.sendall(wire.HANDSHAKE)
        left = len(wire.HANDSHAKE) + len(CONTENT) + 13 * -(-len(CONTENT) // wire.BLOCK)
        while left:
            left -= len(sock.recv(min(left, 1 << 16))) or fail("the other end has gone")
        took = time.monotonic() - start
    server.join()
    listener.close()
    line.kill()
    line.wait()
    return took




def paws(ns):
    """segments that a host has thrown away since their time stamps were older than the last"""
    with inside(ns), open("/proc/thread-self/net/netstat") as f:
        names, values = f.readline().split(), f.readline().split()
    return int(values[names.index("PAWSEstab")])


class Times:
    """{(arm, pattern): [seconds, by seed]}"""

    def __init__(self):
        self.all = {}
        self.counted = {}  # likewise, [{counter: how much it has grown}]
        self.port = 20000

    def run(self, arm, patterns, seeds):
        for pattern in patterns:
            for seed in seeds:
                self.port += 1
                if arm == "plain":
                    took = transfer(pattern, seed, self.port)
                else:
                    took = self.read_transfer(arm, pattern, seed)
                self.all.setdefault((arm, pattern), []).append(took)

    def read_transfer(self, arm, pattern, seed):
        """through the module; every byte must have been read"""
        refused = paws("b")
        with Counted() as n:
            took = transfer(pattern, seed, self.port)
        expect(f"{pattern}: bytes that were read", n["object_bytes"], len(CONTENT))
        self.counted.setdefault((arm, pattern), []).append(
            {name: grown for name, grown in n.grown.items() if grown and name.startswith(("stream_", "released"))} |
            {"paws": paws("b") - refused})
        return took

    def total(self, arm, pattern, counter):
        return sum(one.get(counter, 0) for one in self.counted[arm, pattern])

    def least(self, arm, pattern, *counters):
        """of any transfer"""
        return min(sum(one.get(name, 0) for name in counters) for one in self.counted[arm, pattern])

    def ratios(self, arm, pattern):
        return [x / plain - 1 for x, plain in zip(self.all[arm, pattern], self.all["plain", pattern])]

    def interval(self, arm, pattern):
        """mean of the ratios, and half of its 90 % confidence interval"""
        r = self.ratios(arm, pattern)
        return statistics.mean(r), T95[len(r) - 2] * statistics.stdev(r) / math.sqrt(len(r))

    def wanted(self, pattern):
        """pairs that make the interval half as wide as the margin, by what has been seen"""
        deviation = statistics.stdev(self.ratios("fast", pattern))
        n = FIRST
        while n < MOST and T95[n - 2] * deviation / math.sqrt(n) > MARGIN / 2:
            n += 1
        return n


def measure(times, patterns, seeds, arms):
    times.run("plain", patterns, seeds)
    load()
    for arm in arms:
        parameter("queue", arm)
        times.run(arm, patterns, seeds)
    unload()


def transfers():
    times = Times()
    measure(times, PATTERNS, range(FIRST), ("fast", "hold"))
    more = {pattern: times.wanted(pattern) for pattern in PATTERNS}
    for seed in range(FIRST, MOST):
        due = [pattern for pattern in PATTERNS if more[pattern] > seed]
        if due:
            measure(times, due, [seed], ("fast",))
    return times


# -- verdicts -----------------------------------------------------------------------

class Judge:
    def __init__(self):
        self.passed = self.failed = 0

    def guard(self, text, good):
        print(f"{'ok' if good else 'not ok'} - {text}")
        self.passed += good
        self.failed += not good


def judge_lines(judge, found):
    for queue in ("fast", "hold"):
        alone, beside = found[queue]["alone"]["p99"], found[queue]["beside"]["p99"]
        judge.guard(f"queue={queue}: 99th percentile of a flow's delay, {alone / 1000:.1f} us, beside another's gap "
                    f"{beside / 1000:.1f} us: {beside / alone * 100 - 100:+.1f} %, at most 5 %",
                    abs(beside - alone) <= 0.05 * alone and not found[queue]["beside"]["lost"])
    alone, beside = found["fifo"]["alone"]["p99"], found["fifo"]["beside"]["p99"]
    judge.guard(f"queue=fifo: {alone / 1000:.1f} us, beside another's gap {beside / 1000:.1f} us: the stall",
                beside > 100 * alone)


def judge_patterns(judge, times):
    """Did the line do to the transfers what it is called for? As the gateway saw it."""
    segments = len(CONTENT) // 1448
    for pattern, title in PATTERNS.items():
        if pattern == "duplicate":
            what, seen, wanted = "come twice", times.least("fast", pattern, "stream_again", "stream_old"), 1
        else:
            what, seen = "ahead of a gap", times.least("fast", pattern, "stream_fast_passed")
            wanted = {"none": 0, "reorder": segments // 8}.get(pattern, 1)
        judge.guard(f"{title}: segments {what}, at least {seen}",
                    seen >= wanted if wanted else not seen)
        if pattern not in ("none", "duplicate"):
            judge.guard(f"{title}: of them held, with hold, at least {times.least('hold', pattern, 'stream_held')}",
                        times.least("hold", pattern, "stream_held") > 0)


def judge_transfers(judge, times):
    out = {}
    print("\nA held segment goes on behind the one that fills the gap, with a time stamp older than that one's: a\n"
          "receiver with RFC 7323's time stamps refuses it (PAWS), and all that was held is sent again. So hold's\n"
          "times are no measure of what fast pass gains over a gateway whose held segments are of use.")
    print(f"\nSeconds for {len(CONTENT) >> 20} MiB, 20 Mbit/s, 20 ms; against the plain bridge, 90 % confidence")
    for pattern, title in PATTERNS.items():
        mean, half = times.interval("fast", pattern)
        held, held_half = times.interval("hold", pattern)
        plain = statistics.mean(times.all["plain", pattern])
        pairs = len(times.all["fast", pattern])
        print(f"  {title:20} {plain:7.3f} s   fast {mean * 100:+6.2f} +- {half * 100:.2f} % ({pairs} pairs)   "
              f"hold {held * 100:+6.2f} +- {held_half * 100:.2f} %, of {times.total('hold', pattern, 'stream_held')} "
              f"held the receiver refused {times.total('hold', pattern, 'paws')}")
        judge.guard(f"{title}: fast pass is equivalent within 2 %, from {(mean - half) * 100:+.2f} to "
                    f"{(mean + half) * 100:+.2f} % (two one-sided tests, 5 % each)",
                    -MARGIN < mean - half and mean + half < MARGIN)
        out[pattern] = {"fast": [mean, half], "hold": [held, held_half], "pairs": pairs,
                        "seconds": {arm: times.all[arm, pattern] for arm in ("plain", "fast", "hold")},
                        "counted": {arm: times.counted[arm, pattern] for arm in ("fast", "hold")}}
    return out


def main(out):
    judge = Judge()
    lines = head_of_line()
    judge_lines(judge, lines)
    long_line()
    times = transfers()
    judge_patterns(judge, times)
    found = judge_transfers(judge, times)
    pathlib.Path(out).write_text(json.dumps({"head_of_line": lines, "transfers": found, "failed": judge.failed},
                                            indent=1) + "\n")
    print(f"{judge.passed} passed, {judge.failed} failed")
    return 1 if judge.failed else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[2]))
