# SPDX-License-Identifier: Apache-2.0
"""Broken, malicious and merely odd models: hostile.py FINNR [FOLDER].

Files of FOLDER/models/bad (default: ../shared beside the repository) and of this script's own making go through `build`:
each must be answered within a second with success or a coded error of exit status 1, and leave nothing when it fails.
What an answer says is not judged here. Exit status 77 when only the own files could be tried.
"""
import concurrent.futures
import lzma
import os
import random
import re
import resource
import subprocess
import sys
import tempfile
import time

HERE = os.path.dirname(os.path.abspath(__file__))
ROOT = os.path.join(HERE, "..", "..")
FINNR = os.path.abspath(sys.argv[1])
SHARED = sys.argv[2] if len(sys.argv) > 2 else os.environ.get("FINNR_SHARED", os.path.join(ROOT, "..", "shared"))
SECONDS, SECONDS_OF_LONG_CHAINS = 1.0, 5.0
MEMORY = 1 << 30
SLACK = float(os.environ.get("FINNR_TIME_SLACK", "1"))  # sanitizers and busy machines


def limit():
    if "FINNR_TIME_SLACK" not in os.environ:  # sanitizers reserve address space freely
        resource.setrlimit(resource.RLIMIT_AS, (MEMORY, MEMORY))


def shipped(name):
    with open(os.path.join(ROOT, "examples", "digits", name), "rb") as file:
        return file.read()


def own_files():
    """(name, bytes): a shipped network cut short, with bytes changed at random, and things that are no network."""
    model = shipped("digits-w2a2.onnx")
    rng = random.Random(int(os.environ.get("FINNR_SEED", "1")))
    yield "no bytes", b""
    yield "text", b"this is not a network\n" * 40
    yield "zeros", bytes(4096)
    yield "ones", b"\xff" * 4096
    yield "nested", b"\x3a\xff\xff\xff\xff\x07" * 300
    yield "a picture", b"\x89PNG\r\n\x1a\n" + bytes(range(256)) * 8
    yield "an archive", b"PK\x03\x04" + bytes(500)
    for at in (1, 7, 64, len(model) // 3, len(model) // 2, len(model) - 1):
        yield f"cut after {at} bytes", model[:at]
    yield "twice", model + model
    yield "with a tail", model + b"\x00garbage"
    for round_ in range(60):
        broken = bytearray(model)
        for _ in range(rng.choice((1, 3, 20))):
            # Structure lies between the weights, mostly near the beginning and the end.
            at = rng.choice((rng.randrange(len(broken)), rng.randrange(3000), len(broken) - 1 - rng.randrange(1500)))
            broken[at] = rng.randrange(256)
        yield f"changed bytes, round {round_}", bytes(broken)


def shared_files():
    folder = os.path.join(SHARED, "models", "bad")
    if not os.path.isdir(folder):
        return
    for name in sorted(os.listdir(folder)):
        if name.endswith((".onnx", ".onnx.xz")):
            with open(os.path.join(folder, name), "rb") as file:
                data = file.read()
            yield name, lzma.decompress(data) if name.endswith(".xz") else data


def attempt(item):
    """'' or what is wrong with the answer, whether the model was accepted, and the time it took."""
    name, data = item
    with tempfile.TemporaryDirectory() as folder:
        path = os.path.join(folder, "model.onnx")
        with open(path, "wb") as file:
            file.write(data)
        problems = []
        status = None
        for command in (["build", path, "-o", os.path.join(folder, "out"), "--verify", "0"], ["check", path]):
            start = time.monotonic()
            try:
                done = subprocess.run([FINNR, *command], cwd=folder, capture_output=True, text=True, errors="replace", timeout=60, check=False,
                                      preexec_fn=limit)
            except subprocess.TimeoutExpired:
                return f"{name}: {command[0]} does not end", False, 60
            seconds = time.monotonic() - start
            status = done.returncode if status is None else status
            longest = SLACK * (SECONDS_OF_LONG_CHAINS if "100k" in name else SECONDS)
            if done.returncode not in (0, 1):
                problems.append(f"{command[0]}: exit status {done.returncode}: {done.stderr[-300:]}")
            elif done.returncode == 1 and not re.search(r"^error F\d{4}: ", done.stderr, re.M):
                problems.append(f"{command[0]}: no coded error: {done.stderr[:200]}")
            if "\x00" in done.stderr or "\x1b" in done.stderr:
                problems.append(f"{command[0]}: control characters in the message")
            if seconds > longest:
                problems.append(f"{command[0]}: {seconds:.1f} s")
        left = sorted(set(os.listdir(folder)) - {"model.onnx"} - ({"out"} if status == 0 else set()))
        if left:
            problems.append(f"leaves {left}")
        return f"{name}: {'; '.join(problems)}" if problems else "", status == 0, seconds


def main():
    shared = list(shared_files())
    items = list(own_files()) + shared
    with concurrent.futures.ThreadPoolExecutor(2 if os.cpu_count() and os.cpu_count() > 2 else 1) as pool:
        answers = list(pool.map(attempt, items))
    problems = [text for text, _, _ in answers if text]
    print("\n".join(problems))
    accepted = sum(good for _, good, _ in answers)
    print(f"{len(items)} files ({len(shared)} collected): {accepted} accepted, {len(items) - accepted} refused, {len(problems)} answered badly")
    if problems:
        sys.exit(1)
    if not shared:
        print(f"SKIP: no collected files at {SHARED}; the own ones passed")
        sys.exit(77)


main()
