#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""The README's tables of operators and networks, from builds that ran: readme_tables.py FINNR [--write] [--only operators|networks].

Every row is a network that is computed by the reference and the integer engine, built, and simulated (Verilator). The small
networks of the operators are in readme_operators.py; the others are those of examples/digits and, where there are any, of the
folder FINNR_SHARED (default ../shared beside the repository). --write puts the tables between their markers in README.md;
without, the exit status is 1 where the README says something else than what ran. Networks that are not at hand keep their rows.
--row WORDS runs the operators' rows with these words in the title alone and prints them; --keep FOLDER keeps their models.
"""
import argparse
import concurrent.futures
import difflib
import json
import math
import os
import random
import re
import shutil
import subprocess
import sys
import tempfile

from readme_operators import ROWS, Small, load_npy, save_npy

ROOT = os.path.abspath(os.path.join(os.path.dirname(os.path.abspath(__file__)), ".."))
README = os.path.join(ROOT, "README.md")
SHARED = os.environ.get("FINNR_SHARED", os.path.join(ROOT, "..", "shared"))
FRAMES = 4
HEADS = {"operators": ("operators", "become", "integer engine = reference", "hardware"),
         "networks": ("network", "what it is", "layers", "units", "cycles a frame", "verified")}
SHIPPED = {"digits-w2a2": "8×8 images, perceptron, W2A2", "digits-w1a1": "8×8 images, perceptron, bipolar weights and activations",
           "digits-cnn": "8×8 images, residual block, two kinds of pools", "digits-cnn-qcdq": "the same in QDQ with Clip"}
FOLDED = {"cnv-w1a1-cifar10": "cnv-w1a1"}  # networks that also run with a published folding of data/foldings
UNITS = {"window": "window unit", "mvu": "matrix unit", "vvu": "depthwise unit", "pool": "pool unit", "join": "join unit",
         "permute": "permute unit", "concat": "concat unit", "take": "take unit", "table": "table", "threshold": "thresholds"}
HELPERS = {"fifo", "width", "fork"}
HIDDEN = HELPERS | {"replay", "cast"}
CARRIERS = {"mvu", "vvu", "threshold", "table"}  # what takes operators in


def finnr(arguments, timeout=1500):
    """(exit status, the JSON of a command)"""
    done = subprocess.run([FINNR, "--json", *arguments], capture_output=True, text=True, timeout=timeout, check=False)
    try:
        return done.returncode, json.loads(done.stdout)
    except json.JSONDecodeError:
        return done.returncode, {"diagnostics": [], "text": done.stdout + done.stderr}


def codes(result, severity="error"):
    found = sorted({d["code"] for d in result.get("diagnostics", []) if d["severity"] == severity})
    return ", ".join(found)


def refused(status, result):
    return f"refused, {codes(result)}" if codes(result) else f"failed, exit status {status}"


def compute(model, net, engine, folder):
    """(refusal or "", all outputs of an engine)"""
    outputs = [os.path.join(folder, f"{engine}{i}.npy") for i in range(len(net.ends))]
    arguments = ["run", model, "--engine", engine]
    for name in net.shapes:
        arguments += ["--input", f"{name}={os.path.join(folder, name)}.npy"]
    for name, path in zip(net.ends, outputs):
        arguments += ["--output", f"{name}={path}"]
    status, result = finnr(arguments)
    return (refused(status, result), []) if status else ("", [v for path in outputs for v in load_npy(path)[1]])


def same_numbers(model, net, folder):
    """The column of numbers."""
    words, wanted = compute(model, net, "reference", folder)
    if words:
        return f"reference {words}"
    words, got = compute(model, net, "integer", folder)
    if words:
        return words
    if len(set(wanted)) < 3:
        return f"the test is too poor: values {sorted(set(wanted))}"
    wrong = sum(a != b for a, b in zip(wanted, got)) + abs(len(wanted) - len(got))
    return f"{wrong} of {len(wanted)} differ" if wrong else f"yes, {len(wanted)} values"


def becomes(operators, nodes, design):
    """Which units the operators of a row become (from the design's text), and whether all of them are left to the host."""
    units = []  # (kind, names of the model's nodes)
    for line in design.split("\n"):
        found = re.match(r"unit \S+ : (\w+) .*? from (.*)", line)
        if found and found[1] not in HIDDEN:
            units.append((found[1], found[2].split(" ")))
    own, within, seen, begun = set(), set(), False, False
    for node in nodes:
        if node["type"].split("::")[-1] in operators:
            kinds = {kind for kind, names in units if node["name"] in names}
            if not kinds and (node["fate"] == "fused" or begun and "in front" in node["where"]):  # in hardware, and no unit names it
                own |= {kind for kind, _ in units if kind == "permute"}
                seen = True
            elif node["fate"] == "fused" and kinds <= CARRIERS | {"window"}:
                within |= kinds & CARRIERS
            else:
                own |= kinds
        begun = begun or node["fate"] == "native"
    parts = [", ".join(UNITS[k] for k in UNITS if k in own), "part of " + " or ".join(UNITS[k] for k in UNITS if k in within - own)]
    words = "; ".join(part for part in parts if part and part != "part of ")
    return words or ("nothing" if seen else "host"), not words and not seen


def operator_row(title, operators, function, keep=None):
    with tempfile.TemporaryDirectory() as folder:
        net = Small(title)
        function(net)
        model = os.path.join(folder, "m.onnx")
        net.save(model)
        if keep:
            shutil.copy(model, os.path.join(keep, re.sub(r"\W+", "_", title) + ".onnx"))
        draw = random.Random(title)
        for name, shape in net.shapes.items():
            values = [draw.uniform(net.low, net.high) for _ in range(FRAMES * math.prod(shape))]
            save_npy(os.path.join(folder, f"{name}.npy"), "<f4", (FRAMES, *shape[1:]), values)
        numbers = same_numbers(model, net, folder)
        _, checked = finnr(["check", model])
        status, built = finnr(["build", model, "-o", os.path.join(folder, "out"), "--verify", "2"])
        verdict = built.get("verdict") or {}
        _, design = finnr(["print", model, "--stage", "design"])
        words, host = becomes(operators, checked.get("nodes", []), design.get("text", ""))
        if status == 0 and verdict.get("good") and verdict.get("exact"):
            hardware = "host; what is in front bit-exact" if host else f"bit-exact, {verdict['streams']} streams"
        else:
            hardware, words = refused(status, built), "—"
        warnings = codes(built, "warning")
        return title, words, numbers, hardware + (f", warning {warnings}" if warnings else "")


def layers(units):
    """Matrices, pools, joins, moves, and thresholds in a unit of their own: windows stand with the unit that they feed."""
    names = {u["name"] for u in units if u["kind"] not in HIDDEN}
    return sum(1 for name in names if not (name.endswith("_window") and name.removesuffix("_window") in names))


def network_row(name, model, what, folding=None):
    with tempfile.TemporaryDirectory() as folder:
        out = os.path.join(folder, "out")
        status, built = finnr(["build", model, "-o", out, "--verify", str(FRAMES), *(["--folding", folding] if folding else [])])
        if not os.path.exists(os.path.join(out, "bundle.json")):
            return name, what, "—", "—", "—", refused(status, built)
        with open(os.path.join(out, "bundle.json"), encoding="utf-8") as file:
            units = json.load(file)["units"]
    v = built["verdict"]
    same = "measured = predicted" if v["measured_interval"] == v["predicted_interval"] else f"measured {v['measured_interval']:,}, not as predicted"
    verified = f"{v['frames']} frames, {v['streams']} streams, interval {same}" if v["good"] and v["exact"] else f"FAILED: {codes(built)}"
    return name, what, str(layers(units)), str(len(units)), f"{built['interval']:,}", verified


def networks():
    """The jobs of the second table, in its order."""
    jobs = [(f"`{name}`", os.path.join(ROOT, "examples", "digits", f"{name}.onnx"), what) for name, what in SHIPPED.items()]
    folder = os.path.join(SHARED, "models")
    for name in sorted(os.listdir(folder)) if os.path.isdir(folder) else []:
        about = os.path.join(folder, name, "about.json")
        if not os.path.exists(about):
            continue
        with open(about, encoding="utf-8") as file:
            what = json.load(file)["title"]
        model = os.path.join(folder, name, "model.onnx")
        jobs.append((f"`{name}`", model, what))
        if name in FOLDED:
            jobs.append((f"`{name}`, published folding", model, what, os.path.join(SHARED, "data", "foldings", f"{FOLDED[name]}.json")))
    return jobs


def table(which, rows):
    head = HEADS[which]
    return ["| " + " | ".join(head) + " |", "|---" * len(head) + "|", *("| " + " | ".join(row) + " |" for row in rows)]


def between(text, which):
    """(start, end) of what stands between the markers of a table."""
    found = re.search(rf"<!-- {which} -->\n(.*?)<!-- /{which} -->", text, re.S)
    if not found:
        sys.exit(f"README.md has no markers <!-- {which} --> and <!-- /{which} -->")
    return found.span(1)


def rows_of(block):
    """The rows of a table of the README."""
    lines = [line for line in block.split("\n") if line.startswith("|")]
    return [tuple(cell.strip() for cell in line.strip("|").split(" | ")) for line in lines[2:]]


def run(jobs, function):
    with concurrent.futures.ThreadPoolExecutor(2) as pool:
        return list(pool.map(lambda job: function(*job), jobs))


def main():
    if options.row is not None:
        chosen = [row for row in ROWS if options.row in row[0]]
        print("\n".join(table("operators", run([(*row, options.keep) for row in chosen], operator_row))))
        return
    with open(README, encoding="utf-8") as file:
        old = text = file.read()
    for which in [options.only] if options.only else HEADS:
        start, end = between(text, which)
        if which == "operators":
            rows = run(ROWS, operator_row)
        else:
            rows = run(networks(), network_row)
            rows += [row for row in rows_of(text[start:end]) if row[0] not in {r[0] for r in rows} and not os.path.isdir(os.path.join(SHARED, "models"))]
        print("\n".join(table(which, rows)) + "\n")
        text = text[:start] + "\n".join(table(which, rows)) + "\n" + text[end:]
    diff = list(difflib.unified_diff(old.split("\n"), text.split("\n"), "README.md", "what ran", lineterm="", n=0))
    if options.write:
        with open(README, "w", encoding="utf-8") as file:
            file.write(text)
    print("\n".join(diff) or "README.md says what ran")
    sys.exit(1 if diff and not options.write else 0)


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("finnr")
    parser.add_argument("--write", action="store_true")
    parser.add_argument("--only", choices=sorted(HEADS))
    parser.add_argument("--row")
    parser.add_argument("--keep")
    options = parser.parse_args()
    FINNR = os.path.abspath(options.finnr)
    main()
