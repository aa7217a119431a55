#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-only
"""The manual page names every command and option that --help does.

usage: man_page_test.py PAGE PROGRAM LEAST

LEAST: so many commands and options are in --help, or it was misread.

Also formats the page where groff is installed: no warnings.
"""

import re
import shutil
import subprocess
import sys


def text_of(program, *arguments):
    return subprocess.run(
        [program, *arguments, "--help"], check=True, capture_output=True, text=True
    ).stdout


def section(text, title):
    match = re.search(rf"^{title}:\n((?:  .*\n|\n(?=  ))*)", text, re.M)
    return match[1] if match else ""


def walk(program, path=()):
    """Yield ("flows", "--limit") and the like, depth first."""
    text = text_of(program, *path)
    for option in re.findall(r"--[a-z-]+", section(text, "Options")):
        yield path, option
    for command in re.findall(r"^  (\w+)", section(text, "Subcommands"), re.M):
        yield path, command
        yield from walk(program, (*path, command))


def main(page, program, least):
    with open(page, encoding="utf-8") as file:
        text = file.read()
    missing = []
    count = 0
    for path, name in walk(program):
        count += 1
        wanted = "Fl -" + name[2:] if name.startswith("--") else name
        if not re.search(r"(?<![\w-])" + re.escape(wanted) + r"\b", text) and not (
            name in ("--help", "--version") and "-" + name[2:] in text
        ):
            missing.append(" ".join((*path, name)))
    for name in missing:
        print(f"{page}: {name} is missing")
    if count < int(least):
        print(f"{program}: only {count} commands and options found in --help")
        return 1
    if shutil.which("groff"):
        done = subprocess.run(
            ["groff", "-mdoc", "-ww", "-Tutf8", page], capture_output=True, text=True
        )
        if done.returncode or done.stderr:
            print(done.stderr)
            return 1
    return 1 if missing else 0


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
