#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Whether interval and first-frame latency are predicted to the cycle: random foldings of whole networks, simulated as RTL.

    predicted_times.py FINNR RANDOM_FOLDINGS [--models NAME ...] [--results FILE] [--suite]

Networks are those of the folder FINNR_SHARED (default ../shared beside the repository), and those of examples/digits: 10 foldings of
each, 2 of large ones. Every folding makes one line of JSON in FILE; what stands there is not measured again, so that a run can be
stopped and continued. A table of all lines ends the run, which fails where a time differs. --suite: one folding of each of
some networks that take seconds.
"""
import argparse
import json
import os
import pathlib
import shutil
import subprocess
import sys
import tempfile

ROOT = pathlib.Path(__file__).resolve().parent.parent.parent
SHARED = pathlib.Path(os.environ.get("FINNR_SHARED", ROOT.parent / "shared"))

# network: foldings, most cycles a frame, most multiplications a cycle (what the simulator compiles)
NETWORKS = {
    "digits-w1a1": (10, 60_000, 2_000),
    "digits-w2a2": (10, 60_000, 600),
    "digits-cnn": (10, 60_000, 400),
    "tfc-w1a1": (10, 60_000, 2_000),
    "tfc-w2a2": (10, 60_000, 1_000),
    "lfc-w1a1": (10, 200_000, 4_000),
    "lfc-w1a2": (10, 200_000, 4_000),
    "mlp-nonlinear": (10, 60_000, 600),
    "odd-w3a5": (10, 60_000, 400),
    "branch-w2a3": (10, 200_000, 1_500),
    "resnet8-w3a4": (10, 400_000, 2_000),
    "vgg10-1d-w4a4": (10, 100_000, 2_000),
    "cnv-w1a1-cifar10": (2, 400_000, 2_000),
    "tiny-yolo-w1a3": (2, 2_000_000, 4_000),
    "mobilenet-w4a4": (2, 2_000_000, 4_000),
}
SUITE = {"digits-w1a1": 1, "digits-cnn": 1, "mlp-nonlinear": 1}
SKIPPED = 77


def model_file(name):
    example = ROOT / "examples" / "digits" / f"{name}.onnx"
    return example if example.exists() else SHARED / "models" / name / "model.onnx"


def finnr(*arguments):
    """What a command says as JSON; its diagnostics count, not its exit status: another time than the predicted one is a failure."""
    done = subprocess.run([FINNR, "--json", *map(str, arguments)], capture_output=True, text=True, check=False)
    try:
        return json.loads(done.stdout)
    except json.JSONDecodeError:
        sys.exit(f"finnr {' '.join(map(str, arguments))}: {done.stdout}{done.stderr}")


def foldings(name, count):
    _, cycles, macs = NETWORKS[name]
    command = [FOLDINGS, model_file(name), "--count", count, "--interval", cycles, "--macs", macs]
    done = subprocess.run(list(map(str, command)), capture_output=True, text=True, check=False)
    if done.returncode != 0:
        sys.exit(f"{' '.join(map(str, command))}: {done.stderr}")
    return [json.loads(line) for line in done.stdout.splitlines()]


def measure(name, chosen, work):
    """Builds and simulates one folding, never stalled."""
    file, folder = work / "folding.json", work / "built"
    file.write_text(json.dumps(chosen["folding"]))
    built = finnr("build", model_file(name), "-o", folder, "--folding", file, "--verify", "0", "--force")
    line = {"model": name, "seed": chosen["seed"], "macs": chosen["macs"], "folding": chosen["folding"]}
    verdict = None
    diagnostics = built["diagnostics"]
    if folder.is_dir():
        verified = finnr("verify", folder, "--frames", "1", "--stalls", "none")
        verdict, diagnostics = verified.get("verdict"), verified["diagnostics"]
    shutil.rmtree(folder, ignore_errors=True)
    if verdict is None:
        return line | {"equal": False, "diagnostics": diagnostics}
    times = {key: verdict[key] for key in ("predicted_interval", "measured_interval", "predicted_latency", "latency")}
    equal = verdict["exact"] and times["predicted_interval"] == times["measured_interval"] and times["predicted_latency"] == times["latency"]
    return line | times | {"exact": verdict["exact"], "equal": equal}


def table(lines):
    print(f"{'network':<18} {'foldings':>8} {'interval':>16} {'latency':>16} {'differences':>11}")
    for name in NETWORKS:
        of = [line for line in lines if line["model"] == name]
        good = [line for line in of if "latency" in line]
        reach = lambda key: f"{min(l[key] for l in good)}..{max(l[key] for l in good)}" if good else "-"
        if of:
            print(f"{name:<18} {len(of):>8} {reach('measured_interval'):>16} {reach('latency'):>16} {sum(not l['equal'] for l in of):>11}")


def main():
    global FINNR, FOLDINGS
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("finnr")
    parser.add_argument("random_foldings")
    parser.add_argument("--models", nargs="+", choices=NETWORKS)
    parser.add_argument("--results", type=pathlib.Path)
    parser.add_argument("--suite", action="store_true")
    options = parser.parse_args()
    FINNR, FOLDINGS = (str(pathlib.Path(program).resolve()) for program in (options.finnr, options.random_foldings))
    if not all(shutil.which(tool) for tool in ("verilator", "g++")):
        print("skipped: needs verilator and g++")
        return SKIPPED
    counts = SUITE if options.suite else {name: count for name, (count, _, _) in NETWORKS.items()}
    lines = []
    if options.results and options.results.exists():
        lines = [json.loads(text) for text in options.results.read_text().splitlines()]
    known = {(line["model"], line["seed"]) for line in lines}
    with tempfile.TemporaryDirectory() as scratch:
        tasks = []
        for name, count in counts.items():
            if (not options.models or name in options.models) and model_file(name).exists():
                tasks += [(i, name, chosen) for i, chosen in enumerate(foldings(name, count))]
        for _, name, chosen in sorted(tasks, key=lambda task: task[0]):  # the first of every network, then the second ones, ...
            if (name, chosen["seed"]) in known:
                continue
            lines.append(measure(name, chosen, pathlib.Path(scratch)))
            if options.results:
                with options.results.open("a") as file:
                    file.write(json.dumps(lines[-1]) + "\n")
    table(lines)
    different = [line for line in lines if not line["equal"]]
    for line in different:
        print(json.dumps(line))
    return 1 if different else 0


if __name__ == "__main__":
    sys.exit(main())
