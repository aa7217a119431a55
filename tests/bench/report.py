#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-only
"""report.py [--quick] [--update-baseline] DIR

Turns DIR/measured.jsonl into a table and DIR/figures.json, and judges: exit 1
when a guard fails. The unit of every cost is an instruction.
"""

import argparse
import json
import math
import pathlib
import statistics
import sys

import layout

HERE = pathlib.Path(__file__).resolve().parent
BASELINE = HERE / "baseline.json"
TOLERANCE = 1.03  # of the baseline
ARMS = ("nft", "kp2padm", "enforce", "nfqueue")
OURS = ("kp2padm", "enforce")
SHORT = ("bt", "tls", "random")  # connections
ACTORS = 64  # of the BitTorrent mix: so many flows may be undecided at its end

# What tests/bench/run measures, by name_of(); with --quick and beyond.
QUICK = ("settled-ip4-64", "settled-ip6-64", "tls-ip4", "tls-ip6", "bt-ip4", "swarm-ip4")
MORE = ("settled-ip4-1448", "settled-ip6-1428", "new-ip4", "random-ip4")
CONTENT = ("plain-content", "content", "user", "plain-content-after")  # transfers that are read
MERGED = (1448, 5792, 23168)  # bytes of payload that a card and GRO hand on in one
RULES = (1, 100, 10000)  # in force, for the settled packet and the short connection
DROPPED = ("bt-ip4", "swarm-ip4")  # which enforcing would
T95 = (12.71, 4.30, 3.18, 2.78, 2.57, 2.45, 2.36, 2.31, 2.26)  # by degrees of freedom

NAMES = {
    "settled": "settled flow, packet of {payload} B",
    "new": "SYN of a new flow",
    "bt": "short connection, BitTorrent",
    "tls": "short connection, TLS",
    "random": "short connection, random bytes",
    "swarm": "BitTorrent mix, packet",
    "transfer": "BitTorrent transfer, packet",
    "merged": "BitTorrent transfer by GRO's {payload} B",
}


class Measured:
    """What the lab machine wrote."""

    def __init__(self, path):
        self.runs, self.chains, self.places = {}, [], set()
        self.core = self.slab = None
        self.user = {}  # by round: what the program behind NFQUEUE says that it did
        for line in path.read_text().splitlines():
            one = json.loads(line)
            self.places.add(place(one))
            if "core" in one:
                self.core = one
            elif "slab" in one:
                self.slab = one
            elif "chains" in one:
                self.chains.append(one)
            elif "user" in one:
                self.user[one["user"]] = one
            else:
                self.runs.setdefault((one["arm"], key_of(one)), {})[one["round"]] = one

    def idle(self):
        """The largest share of a measurement in which the CPU had nothing to do."""
        return max(one["idle"] for rounds in self.runs.values() for one in rounds.values())

    def keys(self, arm):
        return [key for known, key in self.runs if known == arm]

    def medians(self, arm, key):
        return {n: one["median"] for n, one in self.runs.get((arm, key), {}).items()}


def key_of(one):
    return one["workload"], one["family"], one["payload"], one["flows"]


def label(key):
    workload, family, payload, _ = key
    return f"{NAMES[workload].format(payload=payload)}, IPv{family}"


def name_of(key):
    """The figure's name in baseline.json."""
    workload, family, payload, _ = key
    return f"{workload}-ip{family}" + (f"-{payload}" if workload in ("settled", "merged") else "")


def place(one):
    """Which measurement a line of measured.jsonl is, as in expected()."""
    for what in ("core", "slab"):
        if what in one:
            return what
    if "chains" in one:
        return f"chains/ip{one['family']}/{one['chains']}"
    if "user" in one:
        return f"user/{one['user']}"
    if "growth" in one["arm"]:
        return f"{one['arm']}/ip{one['family']}/{one['flows']}"
    return f"{one['arm']}/{name_of(key_of(one))}/{one['round']}"


def expected(quick):
    """Every measurement that tests/bench/run has to make."""
    rounds, workloads = (2, QUICK) if quick else (5, QUICK + MORE)
    arms = ("plain", "nft", "kp2padm", "plain-after") if quick else ("plain", *ARMS, "plain-after")
    families, steps = ((4,), (1000, 100000)) if quick else ((4, 6), (1000, 100000, 1000000))
    places = {"core", "slab"}
    places |= {f"{arm}/{workload}/{n}" for arm in arms for workload in workloads
               for n in range(1, rounds + 1) if arm != "enforce" or workload not in DROPPED}
    places |= {f"{what}/ip{family}/{flows}" for what in ("plain-growth", "growth", "chains")
               for family in families for flows in steps}
    places |= {f"{arm}/{workload}/1" for arm in ("plain-rules", *(f"rules-{n}" for n in RULES))
               for workload in ("settled-ip4-64", "tls-ip4")}
    contents = range(1, 2 if quick else 6)
    places |= {f"{arm}/transfer-ip4/{n}" for arm in CONTENT for n in contents}
    places |= {f"{arm}/merged-ip4-{payload}/{n}" for arm in CONTENT if arm != "user"
               for payload in MERGED for n in contents}
    places |= {f"user/{n}" for n in contents}
    if not quick:
        places |= {f"drain-{arm}/bt-ip4/{n}" for arm in ("plain", "kp2padm") for n in (1, 2)}
    return places


def spread(values):
    """Mean and half of its 95 % confidence interval."""
    if len(values) < 2:
        return values[0], 0.0
    t = T95[min(len(values) - 2, len(T95) - 1)]
    return statistics.mean(values), t * statistics.stdev(values) / math.sqrt(len(values))


def plain_cost(measured, key):
    """By round: the mean of the plain bridge before and after."""
    before, after = measured.medians("plain", key), measured.medians("plain-after", key)
    return {n: (before[n] + after[n]) / 2 for n in before}


def overheads(measured):
    """{key: {"plain": (mean, ci), arm: (mean, ci)}} of the paired rounds."""
    table = {}
    for key in measured.keys("plain"):
        plain = plain_cost(measured, key)
        row = {"plain": spread(list(plain.values()))}
        for arm in ARMS:
            cost = measured.medians(arm, key)
            if cost:
                row[arm] = spread([cost[n] - plain[n] for n in cost])
        table[key] = row
    return table


def print_table(table):
    arms = [arm for arm in ARMS if any(arm in row for row in table.values())]
    print("Instructions above the plain bridge (95 % confidence)\n")
    print(f"{'':38}{'plain':>10}" + "".join(f"{arm:>18}" for arm in arms))
    for key, row in table.items():
        cells = [f"{'+%.0f ± %.0f' % row[arm] if arm in row else '-':>18}" for arm in arms]
        print(f"{label(key):38}{row['plain'][0]:10.0f}" + "".join(cells))
    print()


def growth(measured):
    """{family: [(flows, overhead)]}"""
    found = {}
    for key in measured.keys("growth"):
        over = measured.medians("growth", key)[1] - measured.medians("plain-growth", key)[1]
        found.setdefault(key[1], []).append((key[3], over))
    return found


def by_rules(measured):
    """{key: [(rules, overhead)]}"""
    return {key: [(n, measured.medians(f"rules-{n}", key)[1] - measured.medians("plain-rules", key)[1])
                  for n in RULES]
            for key in measured.keys("plain-rules")}


def print_rules(ruled):
    print("By the number of rules, each for hosts of its own")
    for key, steps in ruled.items():
        print(f"  {label(key)}: " + ", ".join(f"{n}: +{over:.0f}" for n, over in steps))
    print()


def longest(buckets):
    return max((n for n, count in enumerate(buckets) if count), default=0)


def print_growth(measured, grown):
    if not grown:
        return
    print("Settled packet by flows in the table")
    for family, steps in grown.items():
        first = steps[0][1]
        for flows, over in steps:
            buckets = next(c["buckets"] for c in measured.chains
                           if c["chains"] == flows and c["family"] == family)
            used = sum(buckets[1:])
            print(f"  IPv{family} {flows:>8} flows: +{over:.0f} ({over / first * 100 - 100:+.1f} %), "
                  f"{flows / used:.2f} flows in a bucket that has any, longest chain "
                  f"{longest(buckets)}{' or more' if buckets[-1] else ''}")
    print()


class Contents:
    """Transfers whose bytes are all read: by the module, and by a program behind NFQUEUE."""

    def __init__(self, measured, key):
        self.key = key
        before, after = (measured.medians(arm, key) for arm in (CONTENT[0], CONTENT[3]))
        plain = {n: (before[n] + after[n]) / 2 for n in before}
        cost = {arm: measured.medians(arm, key) for arm in ("content", "user")}
        one = measured.runs["content", key][1]
        self.payload = one["payload_bytes"] / (one["batches"] * one["units"])  # of a packet
        self.plain = spread(list(plain.values()))
        self.over = {arm: spread([of[n] - plain[n] for n in plain]) for arm, of in cost.items() if of}
        self.throughput = spread([plain[n] / cost["content"][n] for n in plain])
        self.less = spread([(cost["user"][n] - plain[n]) / (cost["content"][n] - plain[n])
                            for n in plain]) if cost["user"] else None

    def per_byte(self, arm):
        return self.over[arm][0] / self.payload


def print_contents(contents):
    print(f"{label(contents.key)}, {contents.payload:.0f} payload bytes in the mean, every byte read\n"
          f"  plain bridge {contents.plain[0]:.0f} a packet")
    for arm, what in (("content", "the module"), ("user", "the same core behind NFQUEUE")):
        if arm in contents.over:
            print(f"  {what}: +{contents.over[arm][0]:.0f} ± {contents.over[arm][1]:.0f} a packet, "
                  f"+{contents.per_byte(arm):.2f} a byte")
    print(f"  throughput {contents.throughput[0] * 100:.1f} % of the plain bridge's" +
          (f", overhead {contents.less[0]:.1f} times less than the program's\n"
           if contents.less else "\n"))


def release_cost(measured):
    """Per connection: what is done about it after it ended; None if not measured."""
    extra = {}
    for arm in ("plain", "kp2padm"):
        keys = measured.keys(f"drain-{arm}")
        if not keys:
            return None
        few, many = (measured.runs[f"drain-{arm}", keys[0]][n] for n in (1, 2))
        connections = (many["batches"] - few["batches"]) * many["units"]
        extra[arm] = (many["drained"] - few["drained"]) / connections
    return extra["kp2padm"] - extra["plain"]


class Judge:
    """Says of every guard whether it holds."""

    def __init__(self):
        self.passed = self.failed = self.skipped = 0

    def guard(self, text, good):
        print(f"{'ok' if good else 'not ok'} - {text}")
        self.passed += good
        self.failed += not good

    def skip(self, text):
        print(f"skip - {text}")
        self.skipped += 1

    def target(self, text, good):
        """What was promised, so near that a run may miss it: told either way, listed where missed.
        What must not get dearer is the baseline's."""
        if good:
            self.guard(text, True)
        else:
            self.skip(f"bench target not reached: {text}")

    def below(self, what, got, limit, of_what=""):
        self.guard(f"{what}: {got:.0f} < {limit:.0f}{of_what}", got < limit)

    def at_most(self, what, got, limit):
        self.guard(f"{what}: {got:.4g} <= {limit:.4g}", got <= limit)


def judge_complete(judge, measured, quick):
    """No guard is lost because its measurement was."""
    wanted = expected(quick)
    odd = [f"no {one}" for one in wanted - measured.places]
    odd += [f"unexpected {one}" for one in measured.places - wanted]
    judge.guard(f"all {len(wanted)} measurements: {', '.join(sorted(odd)) or 'there'}", not odd)
    return not odd


def fate(one):
    """What must have become of a measurement's flows: created, named, refused."""
    workload = one["workload"]
    if workload == "settled":
        return one["flows"], 0, one["flows"]
    if workload == "swarm":
        return one["created"], max(one["named"], one["created"] - ACTORS), 0
    begun = (one["batches"] + one["warmup"]) * one["units"]
    return begun, begun * (workload == "bt"), begun * (workload in ("tls", "random"))


def judge_decisions(judge, measured):
    """That what was measured did happen: its flows were named, or refused."""
    for (arm, key), rounds in measured.runs.items():
        if arm not in OURS + ("growth", "drain-kp2padm") and not arm.startswith("rules-"):
            continue
        all_of = rounds.values()
        got = [tuple(one.get(n, 0) for n in ("created", "named", "refused")) for one in all_of]
        wanted = [fate(one) for one in all_of]
        judge.guard(f"{label(key)}, {arm}: of {sum(c for c, _, _ in got)} flows "
                    f"{sum(n for _, n, _ in got)} named, {sum(r for _, _, r in got)} refused",
                    got == wanted and all(created for created, _, _ in got))
    for what, name in (("bt", "bittorrent"), ("tls", "unknown"), ("random", "unknown")):
        found = measured.core[f"inspect_{what}_is"]
        judge.guard(f"{NAMES[what]}, natively: {found}", found == name)


def judge_read(judge, measured, key):
    """That all bytes of these transfers were read, in order."""
    for n, one in measured.runs["content", key].items():
        odd = {name: one[name] for name in ("stream_fast_passed", "stream_again", "stream_old",
                                            "dropped") if one[name]}
        judge.guard(f"{label(key)}, round {n}: {one['stream_bytes_read']} bytes read in order of "
                    f"{one['sent_bytes']} sent, {one['named']} flows; others: {odd or 'none'}",
                    one["stream_bytes_read"] == one["sent_bytes"] > 0 and not odd and
                    one["named"] == one["flows"])
    for n, one in measured.user.items() if key[0] == "transfer" else ():
        sent = measured.runs["user", key][n]["sent_bytes"]
        judge.guard(f"content behind NFQUEUE, round {n}: {one['bytes_read']} bytes read in order of "
                    f"{sent} sent, {one['named']} flows, {one['other'] + one['dropped']} others",
                    one["bytes_read"] == sent > 0 and not one["other"] + one["dropped"])


def judge_contents(judge, measured, contents):
    """What was promised of content filtering; and that all bytes were read."""
    for one in contents:
        judge_read(judge, measured, one.key)
        if one.less:
            judge.guard("content: overhead per byte at least 5 times below NFQUEUE's: "
                        f"{one.less[0]:.2f}", one.less[0] >= 5)
        judge.target(f"throughput at least 85 % of the plain bridge's: {label(one.key)}: "
                     f"{one.throughput[0] * 100:.1f} %", one.throughput[0] >= 0.85)


def judge_targets(judge, measured, table, grown, ruled, lines):
    """What was promised; and that time was instructions."""
    released = release_cost(measured)
    judge.at_most("idle share of any measurement", measured.idle(), 0.001)
    for key, row in table.items():
        if key[0] == "settled":
            for arm in (a for a in OURS if a in row):
                judge.below(f"{label(key)}, {arm}", row[arm][0], row["nft"][0], " (nft)")
        if key[0] in SHORT:
            what = "classified" if released is None else "classified and released"
            for arm in (a for a in OURS if a in row):
                judge.below(f"{label(key)}, {arm}, {what}", row[arm][0] + (released or 0), 10000)
        if key[0] == "swarm":
            judge.below(label(key), row["kp2padm"][0], 700)
    for family, steps in grown.items():
        worst = max(over for _, over in steps) / steps[0][1] * 100 - 100
        judge.at_most(f"growth to {steps[-1][0]} flows, IPv{family}, per cent", worst, 10)
    for key, steps in ruled.items():
        if key[0] == "settled":
            costs = [over for _, over in steps]
            judge.at_most(f"{label(key)}: {RULES} rules differ by", max(costs) - min(costs), 2)
    judge.at_most("bytes of a settled flow", measured.slab["flow"], 256)
    judge.at_most("bytes more under inspection", measured.slab["inspect"], 1024)
    judge.at_most("cache lines of a settled packet, by reading", lines, 4)


def figures_of(measured, table, grown, ruled, contents):
    """Ours only: what the baseline keeps."""
    figures = {f"{name_of(key)}/{arm}": row[arm][0]
               for key, row in table.items() for arm in OURS if arm in row}
    for family, steps in grown.items():
        figures.update({f"growth-ip{family}-{flows}": over for flows, over in steps})
    for key, steps in ruled.items():
        figures.update({f"rules-{n}/{name_of(key)}": over for n, over in steps})
    figures.update({f"{name_of(one.key)}/content": one.over["content"][0] for one in contents})
    released = release_cost(measured)
    if released is not None:
        figures["release"] = released
    figures["core-decode-ip4"] = measured.core["decode_v4"]
    figures["core-decode-ip6"] = measured.core["decode_v6"]
    figures["core-inspect-bt"] = measured.core["inspect_bt"]
    figures["core-inspect-tls"] = measured.core["inspect_tls"]
    return {name: round(value, 1) for name, value in figures.items()}


def judge_baseline(judge, figures, kernel):
    base = json.loads(BASELINE.read_text())
    if base["kernel"] != kernel:
        judge.skip(f"bench baseline: it is of kernel {base['kernel']}, this is {kernel}; "
                   "scripts/bench --update-baseline makes one of this")
        # what is the core's own is no kernel's
        figures = {name: value for name, value in figures.items() if name.startswith("core-")}
    for name, value in figures.items():
        if name not in base["figures"]:
            judge.guard(f"{name}: not in the baseline; scripts/bench --update-baseline", False)
            continue
        judge.at_most(f"{name}, baseline {base['figures'][name]:.0f} + 3 %", value,
                      base["figures"][name] * TOLERANCE)


def update_baseline(figures, kernel):
    BASELINE.write_text(json.dumps({"kernel": kernel, "figures": dict(sorted(figures.items()))},
                                   indent=1) + "\n")


def print_rest(measured, lines):
    core, slab, released = measured.core, measured.slab, release_cost(measured)

    print("Cache lines of a settled packet, of members known by reading: " +
          ", ".join(f"{what} {n}" for what, n in lines))
    print(f"Memory: {slab['flow']} bytes a flow, {slab['inspect']} more while it is inspected")
    if released is not None:
        print(f"After a connection's end, by sweeper and RCU: +{released:.0f}")
    print(f"The core natively: decode {core['decode_v4']} (IPv4), {core['decode_v6']} (IPv6); "
          "inspect a connection until decided: " +
          ", ".join(f"{what} {core['inspect_' + what]}" for what in ("bt", "tls", "random")))
    print()


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--quick", action="store_true")
    parser.add_argument("--update-baseline", action="store_true")
    parser.add_argument("--module", required=True, help="the module that was measured")
    parser.add_argument("dir", type=pathlib.Path)
    args = parser.parse_args()
    if args.quick and args.update_baseline:
        parser.error("a quick run has not all figures of a baseline")

    measured, judge = Measured(args.dir / "measured.jsonl"), Judge()
    if not judge_complete(judge, measured, args.quick):
        return 1
    table, grown, ruled = overheads(measured), growth(measured), by_rules(measured)
    lines = layout.settled_lines(args.module)
    contents = [Contents(measured, key) for key in measured.keys("content")]
    figures = figures_of(measured, table, grown, ruled, contents)
    kernel = measured.slab["kernel"]

    print(f"kernel {kernel}, {'quick' if args.quick else 'full'} run\n")
    print_table(table)
    print_growth(measured, grown)
    print_rules(ruled)
    for one in contents:
        print_contents(one)
    print_rest(measured, lines)
    judge_decisions(judge, measured)
    judge_contents(judge, measured, contents)
    judge_targets(judge, measured, table, grown, ruled, sum(n for _, n in lines))
    if args.update_baseline and not judge.failed:
        update_baseline(figures, kernel)
    judge_baseline(judge, figures, kernel)
    (args.dir / "figures.json").write_text(json.dumps(
        {"kernel": kernel, "figures": figures,
         "overheads": {name_of(key): {arm: {"mean": round(mean, 1), "ci95": round(ci, 1)}
                                      for arm, (mean, ci) in row.items()}
                       for key, row in table.items()},
         "content": {name_of(one.key): {"payload": one.payload, "plain": one.plain,
                                        "overhead": one.over, "throughput": one.throughput,
                                        "times_less": one.less} for one in contents},
         "lines": dict(lines), "memory": measured.slab, "failed": judge.failed}, indent=1) + "\n")
    print(f"{judge.passed} passed, {judge.failed} failed, {judge.skipped} skipped")
    return 1 if judge.failed else 0


if __name__ == "__main__":
    sys.exit(main())
