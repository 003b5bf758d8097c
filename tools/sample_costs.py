#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Synthesises units of the RTL library with random parameters and keeps what they take: the samples that the cost functions
are fitted to.

    sample_costs.py                       # every kind, both flows, as many samples as are checked in
    sample_costs.py --kind fifo --count 8 --flow xilinx

Each kind is one file, finnr/cost/samples/<flow>/<kind>.json. A sample whose parameters are there already is not synthesised
again unless the RTL of its kind changed (the file keeps a hash of the sources), so an interrupted run goes on where it stopped, and
another --seed adds to what is there.
Several samples run in one Yosys process; each unit is flattened for itself. Memory images are random (rtl/test/make_sweep.py).
"""
import argparse
import hashlib
import importlib.util
import json
import math
import os
import random
import re
import subprocess
import sys
import tempfile

ROOT = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
RTL = os.path.join(ROOT, "rtl")
SAMPLES = os.path.join(ROOT, "finnr", "cost", "samples")

FLOWS = {"xilinx": "synth_xilinx -family xc7 -noiopad -noclkbuf -flatten -top costs_top", "ecp5": "synth_ecp5 -top costs_top"}
MACROS = {"xilinx": "-DFINNR_XILINX -DFINNR_XILINX7", "ecp5": ""}  # what the library sees of a family

# What a cell takes (docs/synthesis.md states the rule).
CELLS = {"lut": {"INV": 1, "SRL16E": 1, "SRLC32E": 1, "RAM32X1D": 2, "RAM64X1D": 2, "RAM128X1D": 4, "RAM256X1D": 8, "RAM32M": 4,
                 "RAM64M": 4, "LUT4": 1, "CCU2C": 2, "TRELLIS_DPR16X4": 6, "LUT6_2": 1, **{f"LUT{n}": 1 for n in range(1, 7)}},
         "ff": {"FDRE": 1, "FDSE": 1, "FDCE": 1, "FDPE": 1, "TRELLIS_FF": 1},
         "bram18": {"RAMB18E1": 1, "RAMB36E1": 2, "DP16KD": 1, "PDPW16KD": 1},
         "dsp": {"DSP48E1": 1, "MULT18X18D": 1}}


def load_sweep():
    spec = importlib.util.spec_from_file_location("make_sweep", os.path.join(RTL, "test", "make_sweep.py"))
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


SWEEP = load_sweep()
U, S, B = SWEEP.UNSIGNED, SWEEP.SIGNED, SWEEP.BIPOLAR


def spread(r, low, high):
    """A whole number, evenly spread over orders of magnitude."""
    return min(high, max(low, int(math.exp(r.uniform(math.log(low), math.log(high + 1))))))


def divisor(r, n, most):
    return r.choice([d for d in range(1, min(n, most) + 1) if n % d == 0])


def fifo(r):
    depth = spread(r, 2, 600)
    bits = spread(r, 1, 128)
    shifts = depth <= 32 and bits <= 4 * math.ceil(bits / 6) + 12  # about as finnr chooses (hardware/memory_cost.h)
    return SWEEP.fifo(r, bits, depth, 0 if shifts else 1 if depth <= 64 or depth * bits < 2000 else 2)


def width(r):
    a, b = spread(r, 1, 16), spread(r, 2, 12)
    return SWEEP.width(r, r.randint(1, 8), *r.choice([(a, a * b), (a * b, a)]))


def cast(r):
    bits = r.randint(1, 8)
    return SWEEP.cast(r, spread(r, 1, 32), bits, r.choice([U, S]), bits + r.randint(1, 6))


def take(r):
    period = spread(r, 3, 2000)
    first = r.randrange(period - 1)
    return SWEEP.take(r, spread(r, 1, 64), period, first, r.randint(1, period - first))


def concat(r):
    return SWEEP.concat(r, spread(r, 1, 96), [spread(r, 1, 300) for _ in range(r.randint(2, 5))])


def join(r):
    function = r.choice([0, 1])
    a, b = r.randint(1, 8), r.randint(1, 8)
    if function and r.random() < 0.7:  # too small for a DSP block
        a = r.randint(1, 7)
        b = r.randint(1, 8 - a)
    kinds = r.choice([(U, U), (S, S), (U, S)])
    mixed = kinds == (U, S)
    out = a + b if function else max(a + mixed, b) + 1
    return SWEEP.join(r, spread(r, 1, 24), a, kinds[0], b, kinds[1], out, function, 1, 1)


def replay(r):
    return SWEEP.replay(r, spread(r, 1, 64), spread(r, 1, 200), spread(r, 2, 64))


def permute(r):
    beats = spread(r, 4, 200)
    index = list(range(beats))
    r.shuffle(index)
    style = 1 if 2 * beats <= 64 else 2
    return SWEEP.permute(r, spread(r, 1, 48), index, beats, style, 1 if beats <= 64 else 2)


def pool(r):
    kind = r.choice([U, S])
    inner = r.choice([1, spread(r, 2, 96)])
    simd = r.choice([1, 1, 4, 9]) if inner == 1 else 1
    return SWEEP.pool(r, spread(r, 1, 16), r.randint(1, 8), kind, r.choice([2, 3, 4, 9, 49]), inner, r.choice([0, 1]), 0,
                      1 if inner <= 64 else 2, simd)


def top_k(r):
    lanes = r.choice([1, 1, 2, 5])
    labels = lanes * spread(r, 4, 40)
    bits, signed, k = r.randint(4, 20), r.choice([0, 1]), r.choice([1, 1, 1, 3, 5])
    return SWEEP.top_k(r, labels, lanes, bits, signed, k) if k <= labels else None


def trained(case, r):
    """Memories full of numbers that follow no rule: the sweep's have rows of equal ones, which synthesis takes apart."""
    for words in case.files.values():
        for word in words:
            word.value = r.getrandbits(word.bits)
    return case


def signs_of(r):
    """Half of all networks have thresholds that all rise."""
    return {"signs": 2, "base_in_mem": 1} if r.random() < 0.5 else {}


def threshold(r):
    pe, folds = spread(r, 1, 8), r.choice([1, 1, 4, 8, 16, 64])
    steps = r.choice([1, 2, 3, 3, 7, 15, 30, 31, 63, 127])
    x, search = r.randint(steps.bit_length() + 2, 18), int(steps > 15)
    while pe * folds * steps * x > (12000 if search else 3000) and pe * folds > 1:
        folds, pe = max(1, folds // 4), max(1, pe // 2)
    return trained(SWEEP.threshold(r, pe * folds, pe, x, r.choice([0, 1, 1]), max(1, steps.bit_length()), steps, search=search, style=1, **signs_of(r)), r)


def table(r):
    pe, folds = spread(r, 1, 8), r.choice([1, 4, 8])
    per_channel = r.choice([0, 0, 1])
    return SWEEP.table(r, pe * (folds if per_channel else 1), pe, r.randint(3, 8 if not per_channel else 5), r.randint(1, 8), per_channel, 1)


def window(r):
    k = r.choice([1, 2, 3, 3, 3, 5])
    size = r.choice([6, 8, 12, 16, 28])
    groups, inner = r.choice([(1, spread(r, 1, 16)), (spread(r, 1, 8), 1)])
    stride = r.choice([1, 1, 2])
    pad = r.choice([0, k // 2])
    tile = r.choice([(1, 1), (1, 1), (1, k), (k, k)]) if inner == 1 else (1, 1)
    words = (k + 1) * size * groups * inner // (tile[0] * tile[1])
    return SWEEP.window(r, (size, size), (k, k), groups, inner, (stride, stride), (1, 1), (1, 1), 0, (pad,) * 4, None, r.choice([0, 1, 1]),
                        r.randint(1, 8), spread(r, 1, 6), 0, 1 if words <= 64 else 2, tile)


def matrix_types(r, shared):
    """Operands, and the core that the generator would choose for them (finnr/hardware/core.cpp), or now and then the tool's multipliers."""
    small, wide = r.randint(1, 3), r.randint(2, 8)
    x, xk, w, wk = r.choice([(1, B, 1, B), (1, B, 1, B), (small, U, 1, B), (8, U, 1, B), (2, U, 2, S), (small, U, r.randint(2, 3), S),
                             (4, U, 4, S), (r.randint(2, 4), S, r.randint(2, 4), S), (wide, U, r.randint(2, 8), S), (wide, S, 8, S)])
    if B in (xk, wk):
        return x, xk, w, wk, 1
    core = 1 if x * w <= 9 or (not shared and x * w <= 16) else 2 if shared and x >= 2 else 0
    return x, xk, w, wk, 0 if r.random() < 0.15 else core


def weight_style(r, depth, x_kind, w_kind):
    """Where weights lie: words that are few in LUTs or merged with the gates, many in blocks, alone or together with LUTs."""
    if depth <= 64:
        return r.choice([0, 1]) if x_kind == w_kind == B and depth <= 8 else 1
    return 1 if depth <= 128 and r.random() < 0.5 else r.choice([2, 4])


def steps_of(r):
    k = r.choice([0, 0, 1, 1, 3, 3, 7, 15])
    return {"k": k, "out_bits": max(1, k.bit_length()), **signs_of(r)} if k else {}


def generated(case):
    """As the generator would have it: few thresholds lie in LUTs, and one word of bipolar weights is part of a core of gates."""
    p = case.params
    words = case.files["WeightFile"]
    p["ThresholdStyle"] = 1
    if len(words) == 1 and p["WKind"] == B and p["Core"] == 1:
        p["Unrolled"] = 1
        case.text["Weights"] = "%d'h%x" % (words[0].bits, words[0].value)
    return case


def sensible(case):
    """Sums have many more values than there are thresholds; else a few gates can tell the levels."""
    return case.params["AccBits"] >= case.params["NumThresholds"].bit_length() + 3


def mvu(r):
    pe, simd = spread(r, 1, 8), r.choice([1, 2, 4, spread(r, 2, 16), spread(r, 4, 64), spread(r, 4, 64)])
    mh, mw = pe * r.choice([1, 2, 4, 8, 16]), simd * r.choice([1, 2, 4, 9, 16] if simd > 3 else [4, 9, 16])
    x, xk, w, wk, core = matrix_types(r, pe > 1)
    while pe * simd * x * w > 700 or mw * mh * w > 40000:
        simd, mw = (simd + 1) // 2, mw // simd * ((simd + 1) // 2)
    style = weight_style(r, mh // pe * (mw // simd), xk, wk)
    case = generated(trained(SWEEP.mvu(r, mw, mh, pe, simd, x, xk, w, wk, style=style, core=core, pipeline=r.choice([0, 0, 2]), **steps_of(r)), r))
    return case if sensible(case) else None


def vvu(r):
    pe, simd = spread(r, 1, 12), r.choice([1, 1, 3, 9])
    channels, kernel = pe * r.choice([1, 2, 4, 8, 16]), 9
    x, xk, w, wk, core = matrix_types(r, False)
    while pe * simd * x * w > 700:
        channels, pe = channels // pe * ((pe + 1) // 2), (pe + 1) // 2
    style = weight_style(r, channels // pe * (kernel // simd), xk, wk)
    case = generated(trained(SWEEP.vvu(r, channels, kernel, pe, simd, x, xk, w, wk, style=style, core=core, pipeline=r.choice([0, 0, 2]), **steps_of(r)), r))
    return case if sensible(case) else None


def fork(r):
    return SWEEP.fork(r, spread(r, 1, 64), r.randint(2, 8))


KINDS = {f.__name__: f for f in (fifo, width, cast, take, concat, join, replay, permute, pool, top_k, threshold, table, window, mvu, vvu, fork)}
DEFAULT_COUNT = 40


def sources(kind):
    """The text of the library, and a hash of the modules that a kind consists of."""
    texts = {name: open(os.path.join(RTL, name), encoding="utf-8").read() for name in sorted(os.listdir(RTL)) if name.endswith((".sv", ".svh"))}
    used, todo = set(), [f"finnr_{kind}"]
    while todo:
        module = todo.pop()
        if module in used or module + ".sv" not in texts:
            continue
        used.add(module)
        code = re.sub(r"//.*", "", texts[module + ".sv"])
        todo += re.findall(r"\bfinnr_\w+\b", code)
    digest = hashlib.sha256("".join(re.sub(r"//.*", "", texts[m + ".sv"]) for m in sorted(used)).encode()).hexdigest()
    return texts, digest[:16]


def parameters_of(case):
    """Plain numbers of a case; what a list of turns says is its number and its longest."""
    numbers = {key: value for key, value in case.params.items() if isinstance(value, int)}
    if "turn" in case.data and case.module == "finnr_concat":
        numbers["LongestTurn"] = max(case.data["turn"])
    return numbers


def instance(case, index, folder):
    values = [f".{key}({value})" for key, value in case.params.items()]
    values += [f".{key}({value})" for key, value in case.text.items()]
    for key, words in case.files.items():
        name = f"c{index}_{key}.mem"
        with open(os.path.join(folder, name), "w", encoding="ascii") as out:
            out.writelines("%0*x\n" % ((word.bits + 3) // 4, word.value) for word in words)
        values.append(f'.{key}("{name}")')
    return f"  (* keep *) {case.module} #({', '.join(values)}) case_{index} ();\n"


def count(cells):
    return {what: sum(weights.get(cell, 0) * n for cell, n in cells.items()) for what, weights in CELLS.items()}


def synthesise(cases, flow, texts):
    """Counts of each case, from one Yosys process."""
    with tempfile.TemporaryDirectory() as folder:
        module = cases[0].module
        for name, text in texts.items():
            if name == module + ".sv":
                text = re.sub(rf"^module {module}\b", f"(* keep_hierarchy *) module {module}", text, flags=re.M)
            with open(os.path.join(folder, name), "w", encoding="utf-8") as out:
                out.write(text)
        with open(os.path.join(folder, "costs_top.sv"), "w", encoding="ascii") as out:
            out.write("module costs_top;\n" + "".join(instance(case, i, folder) for i, case in enumerate(cases)) + "endmodule\n")
        files = " ".join(sorted(name for name in texts if name.endswith(".sv")))
        script = (f"read_verilog -sv -I. {MACROS[flow]} {files} costs_top.sv\nhierarchy -top costs_top\n"
                  f"dump -o cells.txt costs_top/c:*\n{FLOWS[flow]}\ntee -o stat.json stat -json\n")
        with open(os.path.join(folder, "run.ys"), "w", encoding="ascii") as out:
            out.write(script)
        run = subprocess.run(["yosys", "-q", "-s", "run.ys"], cwd=folder, capture_output=True, text=True, check=False)
        if run.returncode != 0:
            raise RuntimeError(run.stdout[-1500:] + run.stderr[-1500:])
        types = dict((name, kind) for kind, name in re.findall(r"^\s*cell (\S+) \\(case_\d+)\s*$", open(os.path.join(folder, "cells.txt")).read(), re.M))
        text = open(os.path.join(folder, "stat.json")).read()
        modules = json.loads(text[text.index("{"):])["modules"]
        return [count(modules[types[f"case_{i}"]].get("num_cells_by_type", {})) for i in range(len(cases))]


def update(kind, flow, wanted, batch, seed):
    texts, digest = sources(kind)
    path = os.path.join(SAMPLES, flow, kind + ".json")
    stored = {"rtl": digest, "samples": []}
    if os.path.exists(path):
        with open(path, encoding="utf-8") as file:
            old = json.load(file)
        if old["rtl"] == digest:
            stored = old
    known = {json.dumps(s["parameters"], sort_keys=True) for s in stored["samples"]}
    rng = random.Random(f"{kind} {seed}")
    cases, seen = [], set()
    while len(seen) < wanted:
        case = KINDS[kind](rng)
        if case is None:
            continue
        key = json.dumps(parameters_of(case), sort_keys=True)
        if key in seen:
            continue
        seen.add(key)
        if key not in known:
            cases.append(case)
    for at in range(0, len(cases), batch):
        part = cases[at:at + batch]
        for case, counts in zip(part, synthesise(part, flow, texts)):
            stored["samples"].append({"parameters": parameters_of(case), **counts})
        os.makedirs(os.path.dirname(path), exist_ok=True)
        head = json.dumps({"rtl": digest})[:-1]
        body = ",\n".join("  " + json.dumps(s) for s in stored["samples"])
        with open(path + ".new", "w", encoding="ascii") as out:
            out.write(head + ', "samples": [\n' + body + "\n]}\n")
        os.replace(path + ".new", path)
        print(f"{flow} {kind}: {len(stored['samples'])} samples", flush=True)


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--kind", action="append", choices=sorted(KINDS), help="only this kind; may be repeated")
    parser.add_argument("--flow", action="append", choices=sorted(FLOWS), help="only this flow; may be repeated")
    parser.add_argument("--count", type=int, default=DEFAULT_COUNT, help="samples of a kind")
    parser.add_argument("--batch", type=int, default=10, help="samples in one Yosys process")
    parser.add_argument("--seed", type=int, default=1)
    options = parser.parse_args()
    for flow in options.flow or sorted(FLOWS, reverse=True):
        for kind in options.kind or KINDS:
            update(kind, flow, options.count, options.batch, options.seed)


if __name__ == "__main__":
    sys.exit(main())
