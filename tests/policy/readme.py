# SPDX-License-Identifier: Apache-2.0
"""The worked example of the README gives the output printed there, times and versions aside: readme.py FINNR.

A block of README.md behind a line `<!-- worked example -->` holds lines `$ finnr ...`, each followed by what it prints. The
commands run in order in a folder that has the repository's examples. --print writes what they print now.
"""
import difflib
import os
import re
import shlex
import shutil
import subprocess
import sys
import tempfile

from common import ROOT, finish, read


def examples():
    """[(command, expected output)] of all worked blocks."""
    found = []
    for block in re.findall(r"<!-- worked example -->\n+```[a-z]*\n(.*?)```", read("README.md"), re.S):
        for part in re.split(r"^\$ ", block, flags=re.M)[1:]:
            lines = part.split("\n")
            while lines[0].endswith("\\"):
                lines[0:2] = [lines[0][:-1].rstrip() + " " + lines[1].strip()]
            found.append((lines[0], "\n".join(lines[1:])))
    return found


def settled(text):
    """What does not depend on the machine."""
    text = re.sub(r"\d+\.\d+ s\b", "T s", text)
    text = re.sub(r"verilator \d+\.\d+", "verilator V", text)
    return [re.sub(r" +", " ", line).rstrip() for line in text.strip().split("\n")]


def main():
    finnr = os.path.abspath(sys.argv[1])
    printing = "--print" in sys.argv
    commands = examples()
    if not commands:
        finish(["README.md has no worked example"], "")
    simulator = shutil.which("verilator") and shutil.which("g++")
    problems = []
    ran = 0
    with tempfile.TemporaryDirectory() as folder:
        os.symlink(os.path.join(ROOT, "examples"), os.path.join(folder, "examples"))
        for command, expected in commands:
            words = shlex.split(command)
            if words[0] not in ("finnr", "build/release/finnr"):
                problems.append(f"README.md: '{command}' is no command of finnr")
                continue
            if not simulator and (words[1] in ("build", "verify") or os.path.isdir(os.path.join(folder, words[2]))):
                print("SKIP: verilator or g++ not found")
                sys.exit(77 if not problems else 1)
            done = subprocess.run([finnr, *words[1:]], cwd=folder, capture_output=True, text=True, timeout=280, check=False)
            got = done.stdout + done.stderr
            ran += 1
            if printing:
                print(f"$ {command}\n{got}", end="")
            elif settled(got) != settled(expected):
                diff = "\n".join(difflib.unified_diff(settled(expected), settled(got), "README.md", "now", lineterm=""))
                problems.append(f"README.md: '{command}' prints something else now (readme.py FINNR --print)\n{diff}")
    if not printing:
        finish(problems, f"{ran} commands print what the README says")


main()
