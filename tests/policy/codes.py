# SPDX-License-Identifier: Apache-2.0
"""Every diagnostic is documented and provoked by a test."""
import os
import re
import subprocess
import sys

from common import ROOT, files, finish, read

# Codes that no test provokes, each with the reason.
EXCEPTIONS = {
    "kInternal": "reports bugs of ours: a test that provoked it would have found one, and we would mend it",
}


def main():
    table = re.findall(r'^FINNR_CODE\((\w+), (\d+), "([^"]+)"', read("finnr/base/codes.inc"), re.M)
    problems = []
    tests = [f for f in files(".cpp", ".h", under="finnr") if f.endswith(("_test.cpp", "_for_test.h"))]
    tests += [f for f in files(".py", ".sh", ".cpp", under="tests") if not f.startswith("tests/policy/")]
    provoking = "\n".join(read(f) for f in tests)
    ours = [f for f in files(".h", ".cpp", under="finnr") if not f.endswith(("_test.cpp", "_for_test.h")) and not f.startswith("finnr/base/codes")]
    using = "\n".join(read(f) for f in ours)
    documented = read("docs/diagnostics.md") if os.path.exists(os.path.join(ROOT, "docs/diagnostics.md")) else ""

    numbers = [int(number) for _, number, _ in table]
    if numbers != sorted(set(numbers)):
        problems.append("finnr/base/codes.inc: numbers must ascend without repetition")
    for name, number, title in table:
        code = f"F0{number}"
        if f"## {code}: {title}" not in documented:
            problems.append(f"{code} ({name}) is not in docs/diagnostics.md; run tools/diagnostics_doc.py")
        if not re.search(rf"\bCode::{name}\b", using):
            problems.append(f"{code} ({name}) is never reported: use it, or take it out of finnr/base/codes.inc")
        provoked = re.search(rf"\bCode::{name}\b|\b{code}\b", provoking)
        if not provoked and name not in EXCEPTIONS:
            problems.append(f"{code} ({name}) is provoked by no test")
    for name in EXCEPTIONS:
        if name not in [row[0] for row in table]:
            problems.append(f"the exception for {name} names no code")

    fresh = subprocess.run([sys.executable, os.path.join(ROOT, "tools/diagnostics_doc.py"), "--check"], capture_output=True, text=True, check=False)
    if fresh.returncode != 0:
        problems.append(fresh.stdout.strip() or fresh.stderr.strip())
    finish(problems, f"{len(table)} codes documented and provoked, exceptions: {', '.join(f'{k} ({v})' for k, v in EXCEPTIONS.items())}")


main()
