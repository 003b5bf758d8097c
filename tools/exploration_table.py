#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Writes the tables of docs/exploration.md: published foldings against the explorer, under FINN's estimates and under the fitted costs.

Usage: exploration_table.py BINARY FILE.json...   (BINARY: bench/finn_foldings as built with FINNR_BENCH)
"""
import json
import pathlib
import subprocess
import sys

PATH = pathlib.Path(__file__).resolve().parent.parent / "docs" / "exploration.md"


def percent(ours, theirs):
    return f"{100 * (ours / theirs - 1):+.1f} %" if theirs else "0"


def matches(row):
    return row["matched"] and row["certificate"] == "holds"


def race(row):
    """Columns of a design, of ours at its rate, and of ours in its resources."""
    own, rate, room = (row[k] for k in ("published", "at_its_rate", "in_its_resources"))
    return (f"{own['cycles']:,} | {own['lut']:,}, {own['bram18']:,} | {rate['lut']:,} ({percent(rate['lut'], own['lut'])}), "
            f"{rate['bram18']:,} | {room['cycles']:,} ({percent(room['cycles'], own['cycles'])})")


def against_greedy(row):
    greedy, gain = row["greedy"], row["against_greedy"]
    return (f"{greedy['cycles']:,}: {greedy['lut']:,}, {greedy['bram18']:,} | {gain['lut']:,} ({percent(gain['lut'], greedy['lut'])}), "
            f"{gain['bram18']:,}")


def table(rows, costs):
    heads = ["design", "cycles", "LUT, BRAM18", "ours at its rate", "ours in its resources"]
    heads += ["greedy search", "ours at greedy's rate and memory"] if costs == "finn" else []
    lines = ["| " + " | ".join(heads) + " |", "|" + "---|" * len(heads)]
    skipped = [f"{row['name']} ({row[costs]['skipped']})" for row in rows if "skipped" in row[costs]]
    rows = [row for row in rows if "skipped" not in row[costs]]
    for row in rows:
        result = row[costs]
        name = row["name"] + (f":{row['variant']}" if row["variant"] else "") + ("" if matches(result) else " (not matched)")
        lines.append(f"| {name} | {race(result)} |" + (f" {against_greedy(result)} |" if costs == "finn" else ""))
    matched = sum(matches(row[costs]) for row in rows)
    proved = sum(row[costs]["gap_lut"] == 0 and row[costs]["gap_cycles"] == 0 for row in rows)
    gap = max(max(row[costs].get("gap_lut", 0), row[costs].get("gap_cycles", 0)) for row in rows)
    seconds = max(sum(row[costs]["seconds"].values()) for row in rows)
    lines += ["", f"{matched} of {len(rows)} are matched or beaten: at their rate never more LUT or BRAM, in their LUT and BRAM never fewer frames, "
              f"each with a certificate that holds, {proved} of them with a gap of 0 in both" +
              ("" if proved == len(rows) else f" and the others with one of {100 * gap:.2g} % at most") + ". "
              f"The slowest takes {'less than a second' if seconds < 1 else f'{seconds:.0f} s'}, its check included."
              + (f" Left out: {', '.join(skipped)}." if skipped else "")]
    return "\n".join(lines) + "\n", f"{matched} of {len(rows)}"


def main():
    output = subprocess.run(sys.argv[1:], capture_output=True, text=True, check=False).stdout
    rows = [json.loads(line) for line in output.splitlines()]
    for row in rows:
        for costs in ("finn", "fitted"):
            if "error" in row[costs]:
                sys.exit(f"{row['name']}:{row['variant']}: {row[costs]['error']}")
    text = PATH.read_text(encoding="utf-8")
    for costs in ("finn", "fitted"):
        begin, end = f"<!-- foldings, {costs}: begin -->\n", f"<!-- foldings, {costs}: end -->"
        head, rest = text.split(begin)
        lines, matched = table(rows, costs)
        text = head + begin + lines + end + rest.split(end)[1]
        print(f"{costs}: {matched}")
    PATH.write_text(text, encoding="utf-8")


main()
