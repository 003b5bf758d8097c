# SPDX-License-Identifier: Apache-2.0
"""What the policy scripts share: the source tree, its files, and one way to report."""
import os
import shutil
import subprocess
import sys

ROOT = os.path.abspath(os.environ.get("FINNR_SOURCE_DIR", os.path.join(os.path.dirname(__file__), "..", "..")))
SKIPPED = {".git", "build", "__pycache__"}


def files(*endings, under=""):
    """Source files, relative to the root, sorted: those git knows or would take, else a walk that leaves out build trees."""
    command = ["git", "-C", ROOT, "ls-files", "--cached", "--others", "--exclude-standard", "--", under or "."]
    listed = subprocess.run(command, capture_output=True, text=True, check=False) if shutil.which("git") else None
    if listed is not None and listed.returncode == 0:
        found = listed.stdout.split("\n")
    else:
        found = []
        for folder, folders, names in os.walk(os.path.join(ROOT, under)):
            folders[:] = sorted(set(folders) - SKIPPED)
            found += [os.path.relpath(os.path.join(folder, name), ROOT) for name in names]
    return sorted(f for f in set(found) if f and f.endswith(endings or "") and os.path.isfile(os.path.join(ROOT, f)))


def read(path):
    with open(os.path.join(ROOT, path), encoding="utf-8") as file:
        return file.read()


def is_test(path):
    return path.endswith(("_test.cpp", "_for_test.h"))


def finish(problems, checked):
    """Prints the problems, or what was checked; the exit status follows."""
    for problem in problems:
        print(problem)
    name = os.path.basename(sys.argv[0])
    print(f"{name}: {len(problems)} problems" if problems else f"{name}: {checked}")
    sys.exit(1 if problems else 0)
