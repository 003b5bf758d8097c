#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Writes the table of docs/exploration.md: published foldings against the explorer, under FINN's estimates.

Usage: exploration_table.py BINARY FILE.json...   (BINARY: bench/finn_foldings as built with FINNR_BENCH)
"""
import json
import pathlib
import subprocess
import sys

PATH = pathlib.Path(__file__).resolve().parent.parent / "docs" / "exploration.md"
BEGIN, END = "<!-- foldings: begin -->\n", "<!-- foldings: end -->"


def percent(ours, theirs):
    return f"{100 * (ours / theirs - 1):+.1f} %" if theirs else "0"


def main():
    output = subprocess.run(sys.argv[1:], capture_output=True, text=True, check=False).stdout
    rows = [json.loads(line) for line in output.splitlines()]
    lines = ["| design | cycles | LUT, BRAM18 | ours at its rate | ours in its resources | greedy search | ours at greedy's rate and memory |",
             "|---|---|---|---|---|---|---|"]
    matched = 0
    seconds = 0.0
    for row in rows:
        if "error" in row:
            sys.exit(row["error"])
        good = row["matched"] and row["certificate"] == "holds" and row["gap_lut"] == 0 and row["gap_cycles"] == 0
        matched += good
        seconds = max(seconds, sum(v for k, v in row["seconds"].items()))
        own, rate, room, greedy, gain = (row[k] for k in ("published", "at_its_rate", "in_its_resources", "greedy", "against_greedy"))
        name = row["name"] + (f":{row['variant']}" if row["variant"] else "") + ("" if good else " (not matched)")
        lines.append(f"| {name} | {own['cycles']:,} | {own['lut']:,}, {own['bram18']:,} | {rate['lut']:,} ({percent(rate['lut'], own['lut'])}), "
                     f"{rate['bram18']:,} | {room['cycles']:,} ({percent(room['cycles'], own['cycles'])}) | {greedy['cycles']:,}: {greedy['lut']:,}, "
                     f"{greedy['bram18']:,} | {gain['lut']:,} ({percent(gain['lut'], greedy['lut'])}), {gain['bram18']:,} |")
    summary = (f"\n{matched} of {len(rows)} are matched or beaten: at their rate never more LUT or BRAM, in their LUT and BRAM never fewer frames, "
               "each with a gap of 0 and a certificate that holds. "
               f"The slowest takes {'less than a second' if seconds < 1 else f'{seconds:.0f} s'}, its check included.\n")
    text = PATH.read_text(encoding="utf-8")
    head, rest = text.split(BEGIN)
    PATH.write_text(head + BEGIN + "\n".join(lines) + "\n" + summary + END + rest.split(END)[1], encoding="utf-8")
    print(f"{matched} of {len(rows)}")


main()
