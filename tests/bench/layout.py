# SPDX-License-Identifier: GPL-2.0-only
"""Which cache lines a settled packet touches, from the module's own debug information.

What pahole shows, but read with objdump, which is where a compiler is.
"""

import re
import subprocess

LINE = 64

# What kmod/hook.c reads and writes of a settled flow's packet. "kp2p_dir" is
# the one of the packet's direction; a bucket is one pointer.
TOUCHED = {
    "kp2p_hot": ("buckets", "secret", "pass", "packets", "bytes", "mask"),
    "kp2p_flow": ("next", "state", "key"),
    "kp2p_dir": ("packets", "bytes", "seen"),
}

ENTRY = re.compile(r" <(\d+)><[0-9a-f]+>: Abbrev Number: \d+(?: \((\w+)\))?")
VALUE = re.compile(r"    <[0-9a-f]+>   (DW_AT_\w+)\s*: (.*)")


def entries(dump):
    """(depth, tag, attributes) of every entry, in order."""
    current = None
    for line in dump:
        if found := ENTRY.match(line):
            if current:
                yield current
            current = (int(found[1]), found[2], {})
        elif current and (found := VALUE.match(line)):
            current[2].setdefault(found[1], found[2].rsplit("): ", 1)[-1].strip())
    if current:
        yield current


def structs(module):
    """{name: (size, [(member, offset), ...])} of the structs in TOUCHED."""
    found, name = {}, None
    with subprocess.Popen(["objdump", "--dwarf=info", module], text=True,
                          stdout=subprocess.PIPE) as objdump:
        for depth, tag, attributes in entries(objdump.stdout):
            if depth <= 1:
                name = None
                known = attributes.get("DW_AT_name")
                size = attributes.get("DW_AT_byte_size")
                if tag == "DW_TAG_structure_type" and known in TOUCHED and size:
                    name = known if known not in found else None
                    if name:
                        found[name] = (int(size, 0), [])
            elif depth == 2 and name and tag == "DW_TAG_member":
                found[name][1].append((attributes.get("DW_AT_name"),
                                       int(attributes["DW_AT_data_member_location"], 0)))
    missing = set(TOUCHED) - set(found)
    if missing:
        raise ValueError(f"no debug information of {', '.join(sorted(missing))} in {module}")
    return found


def lines_of(size, members, touched):
    """The lines, counted from the struct's start, that hold the members touched."""
    lines = set()
    for i, (name, offset) in enumerate(members):
        if name in touched:
            end = members[i + 1][1] if i + 1 < len(members) else size
            lines.update(range(offset // LINE, (end - 1) // LINE + 1))
    absent = set(touched) - {name for name, _ in members}
    if absent:
        raise ValueError(f"members not there any more: {', '.join(sorted(absent))}")
    return sorted(lines)


def settled_lines(module):
    """[(what, number of lines)] of a settled packet."""
    found = structs(module)
    result = [("the CPU's own (kp2p_hot)", len(lines_of(*found["kp2p_hot"], TOUCHED["kp2p_hot"]))),
              ("the bucket", 1)]
    result.append(("the flow (kp2p_flow)", len(lines_of(*found["kp2p_flow"], TOUCHED["kp2p_flow"]))))
    result.append(("its direction (kp2p_dir)", len(lines_of(*found["kp2p_dir"], TOUCHED["kp2p_dir"]))))
    return result
