#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Refits the cost functions to the checked-in samples and writes what comes of it: the constants inside the binary
(finnr/cost/constants), the table of errors in docs/estimate.md, and the bounds that a test holds them to.

    cost_table.py build/dev/finnr            # refit and write
    cost_table.py build/dev/finnr --check    # exit status 1 when the table in the document is another
"""
import argparse
import json
import math
import os
import subprocess
import sys
import tempfile

ROOT = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
DOCUMENT = os.path.join(ROOT, "docs", "estimate.md")
BOUNDS = os.path.join(ROOT, "finnr", "cost", "samples", "stated_errors.json")
DEVICES = {"xilinx": "pynq-z1", "ecp5": "ecp5-25f"}


def refit(finnr, cells, output):
    samples = os.path.join(ROOT, "finnr", "cost", "samples", cells)
    run = subprocess.run([finnr, "calibrate", samples, "--device", DEVICES[cells], "-o", output, "--json"], capture_output=True, text=True,
                         check=True)
    return json.loads(run.stdout)["kinds"]


def table(kinds):
    """One row a unit: errors on the samples that the fit has not seen, in per cent."""
    rows = ["| unit | samples | LUT median | LUT worst | FF median | FF worst |", "|---|---|---|---|---|---|"]
    for line in kinds:
        errors = " | ".join(f"{100 * line[key]:.1f}" for key in ("lut_median", "lut_worst", "ff_median", "ff_worst"))
        rows.append(f"| `{line['kind']}` | {line['units']} | {errors} |")
    return "\n".join(rows) + "\n"


def bounds(kinds):
    """What the fit must stay within on samples that it has not seen: errors now, rounded up to whole per cents."""
    def up(share):
        return math.ceil(100 * share + 1e-9) / 100
    return ",\n".join(f'    "{k["kind"]}": {json.dumps({w: [up(k[w + "_median"]), up(k[w + "_worst"])] for w in ("lut", "ff")})}' for k in kinds)


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("finnr")
    parser.add_argument("--check", action="store_true")
    options = parser.parse_args()
    with open(DOCUMENT, encoding="utf-8") as file:
        text = now = file.read()
    stated = []
    for cells in DEVICES:
        with tempfile.TemporaryDirectory() as scratch:
            folder = scratch if options.check else os.path.join(ROOT, "finnr", "cost", "constants")
            kinds = refit(options.finnr, cells, os.path.join(folder, cells + ".json"))
        begin, end = f"<!-- errors, {cells}: begin -->\n", f"<!-- errors, {cells}: end -->\n"
        now = now.split(begin)[0] + begin + table(kinds) + end + now.split(end)[1]
        stated.append(f'  "{cells}": {{\n{bounds(kinds)}\n  }}')
    if options.check:
        return int(now != text)
    with open(DOCUMENT, "w", encoding="utf-8") as file:
        file.write(now)
    with open(BOUNDS, "w", encoding="utf-8") as file:
        file.write("{\n" + ",\n".join(stated) + "\n}\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())
