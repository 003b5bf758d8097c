#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""The tables of docs/results.md, from accelerators that were built and synthesised: results.py FINNR [--write] [--only NAME ...].

Networks are those of the folder FINNR_SHARED (default ../shared beside the repository), each at its published folding where there is
one and at the default folding else. --write puts the rows that ran between their markers in docs/results.md, and leaves the others as
they are; without, the rows are printed. --work FOLDER keeps the accelerators: what was synthesised there before and is the
same is not synthesised again. Whole networks take minutes to hours.
"""
import argparse
import json
import os
import re
import shutil
import subprocess
import sys
import tempfile

ROOT = os.path.abspath(os.path.join(os.path.dirname(os.path.abspath(__file__)), ".."))
PAGE = os.path.join(ROOT, "docs", "results.md")
SHARED = os.environ.get("FINNR_SHARED", os.path.join(ROOT, "..", "shared"))

# model, published folding ("" for the default)
SYNTHESISED = [("tfc-w1a1", "tfc-w1a1"), ("tfc-w2a2", "tfc-w2a2"), ("lfc-w1a1", "lfc-w1a1"), ("lfc-w1a2", ""), ("cnv-w1a1-cifar10", "cnv-w1a1"),
               ("mlp-nonlinear", ""), ("odd-w3a5", ""), ("branch-w2a3", ""), ("resnet8-w3a4", ""), ("vgg10-1d-w4a4", ""),
               ("mobilenet-w4a4", ""), ("tiny-yolo-w1a3", "")]
# Foldings with registers in the trees of adders, in our own form: a published one, and a unit of 8 by 32.
PIPELINED = {"conv2 pipelined": {"layers": {"conv2": {"pe": 8, "simd": 32, "pipeline": 1, "store": "block"}}},
             "tfc-w1a1 pipelined": {"layers": {name: {"pe": pe, "simd": simd, "pipeline": 1}
                                               for name, pe, simd in (("fc0", 16, 49), ("fc1", 8, 8), ("fc2", 8, 8), ("fc3", 10, 8))}}}
# model, folding, flow, unit ("" for the whole design)
ROUTED = [("tfc-w1a1", "tfc-w1a1", "ecp5", ""), ("tfc-w1a1", "tfc-w1a1 pipelined", "ecp5", ""), ("tfc-w1a1", "tfc-w1a1", "ecp5", "fc3"),
          ("cnv-w1a1-cifar10", "conv2 pipelined", "ecp5", "conv2"), ("tfc-w1a1", "tfc-w1a1", "ice40", "fc3"), ("mlp-nonlinear", "", "ice40", "")]


def finnr(arguments):
    done = subprocess.run([FINNR, "--json", *arguments], capture_output=True, text=True, check=False)
    try:
        result = json.loads(done.stdout)
    except json.JSONDecodeError:
        sys.exit(f"finnr {' '.join(arguments)}: {done.stdout}{done.stderr}")
    if done.returncode != 0:
        sys.exit(f"finnr {' '.join(arguments)}: {result['diagnostics']}")
    return result


def build(work, model, folding):
    """The folder of an accelerator; results of an earlier one with the same contents stay valid by their key."""
    folder = os.path.join(work, model + ("-" + folding.replace(" ", "-") if folding else ""))
    kept = folder + ".synth"
    if os.path.isdir(os.path.join(folder, "synth")):
        shutil.rmtree(kept, ignore_errors=True)
        shutil.move(os.path.join(folder, "synth"), kept)
    arguments = ["build", os.path.join(SHARED, "models", model, "model.onnx"), "-o", folder, "--verify", "0", "--force"]
    if folding in PIPELINED:
        with open(folder + ".json", "w", encoding="utf-8") as file:
            json.dump(PIPELINED[folding], file)
        arguments += ["--folding", folder + ".json"]
    elif folding:
        arguments += ["--folding", os.path.join(SHARED, "data", "foldings", folding + ".json")]
    finnr(arguments)
    if os.path.isdir(kept):
        shutil.move(kept, os.path.join(folder, "synth"))
    with open(os.path.join(folder, "bundle.json"), encoding="utf-8") as file:
        return folder, json.load(file)


def number(n):
    return f"{n:,}"


def synthesised(work, model, folding):
    folder, bundle = build(work, model, folding)
    totals = finnr(["synth", folder])["totals"]
    estimate = totals["estimate"]
    macs = sum(u["pe"] * u["simd"] for u in bundle["units"] if u["kind"] in ("mvu", "vvu"))
    return [model, "published" if folding else "default", number(bundle["interval"]), number(macs), number(totals["lut"]),
            number(estimate["lut"]), number(totals["ff"]), number(estimate["ff"]), number(totals["bram18"]), number(estimate["bram18"]),
            number(totals["dsp"]), number(estimate["dsp"])]


def routed(work, model, folding, flow, unit):
    folder, bundle = build(work, model, folding)
    result = finnr(["synth", folder, "--flow", flow] + (["--unit", unit] if unit else []))
    if result["fmax_mhz"] is None:
        sys.exit(f"{model} on {flow} was not routed: {result['diagnostics']}")
    totals, placement = result["totals"], result["placement"]
    what = next((f"unit {unit}: {u['kind']} {u['pe']}×{u['simd']}" for u in bundle["units"] if u["name"] == unit), "whole network")
    if folding in PIPELINED:
        what += ", pipeline 1"
    return [model, what, placement["device"], number(totals["lut"]), number(totals["ff"]), number(totals["bram18"] + totals.get("bram4", 0)),
            f"{result['fmax_mhz']:.1f}", f"{os.path.getsize(os.path.join(folder, placement['bitstream'])):,} bytes"]


def merged(name, rows, keys):
    """The page with rows of a table replaced or added, in their order there; `keys` cells name a row."""
    with open(PAGE, encoding="utf-8") as file:
        page = file.read()
    match = re.search(rf"(<!-- {name} -->\n\|.*\n\|[-|]*\n)((?:\|.*\n)*)", page)
    if not match:
        sys.exit(f"docs/results.md has no table {name}")
    old = [[cell.strip() for cell in line.strip("|").split("|")] for line in match.group(2).splitlines()]
    new = {tuple(row[:keys]): row for row in old} | {tuple(row[:keys]): row for row in rows}
    text = "".join("| " + " | ".join(row) + " |\n" for row in new.values())
    return page[:match.start(2)] + text + page[match.end(2):]


def main():
    global FINNR
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("finnr")
    parser.add_argument("--write", action="store_true")
    parser.add_argument("--only", nargs="*", default=[])
    parser.add_argument("--table", choices=["synthesised", "routed"])
    parser.add_argument("--work")
    args = parser.parse_args()
    FINNR = os.path.abspath(args.finnr)
    if not os.path.isdir(os.path.join(SHARED, "models")):
        print(f"SKIP: no networks at {SHARED}")
        return 77
    with tempfile.TemporaryDirectory() as scratch:
        work = args.work or scratch
        os.makedirs(work, exist_ok=True)
        for name, table, run, keys in (("synthesised", SYNTHESISED, synthesised, 2), ("routed", ROUTED, routed, 3)):
            for entry in table:
                if args.table not in (None, name) or (args.only and entry[0] not in args.only):
                    continue
                row = run(work, *entry)
                print("| " + " | ".join(row) + " |", flush=True)
                if args.write:
                    text = merged(name, [row], keys)
                    with open(PAGE, "w", encoding="utf-8") as file:
                        file.write(text)
    return 0


if __name__ == "__main__":
    sys.exit(main())
