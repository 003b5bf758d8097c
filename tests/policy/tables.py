# SPDX-License-Identifier: Apache-2.0
"""The README's tables are those that tools/readme_tables.py writes: it has their markers, and the rows of the script's lists."""
import os
import re
import sys

from common import ROOT, finish, read

sys.path.insert(0, os.path.join(ROOT, "tools"))
sys.argv = [sys.argv[0]]
from readme_operators import ROWS  # noqa: E402
from readme_tables import HEADS, SHIPPED, rows_of  # noqa: E402


def main():
    text = read("README.md")
    problems, rows = [], {}
    for which, head in HEADS.items():
        blocks = re.findall(rf"<!-- {which} -->\n(.*?)<!-- /{which} -->", text, re.S)
        if len(blocks) != 1:
            finish([f"README.md: {len(blocks)} pairs of markers <!-- {which} --> and <!-- /{which} -->, not one"], "")
        rows[which] = rows_of(blocks[0])
        if not blocks[0].startswith("| " + " | ".join(head) + " |\n"):
            problems.append(f"README.md: the table of {which} has other columns than tools/readme_tables.py writes")
        problems += [f"README.md: the row '{row[0]}' has {len(row)} columns, not {len(head)}" for row in rows[which] if len(row) != len(head)]
    written, wanted = [row[0] for row in rows["operators"]], [title for title, _, _ in ROWS]
    problems += [f"README.md: no network of tools/readme_operators.py stands behind the row '{title}'" for title in written if title not in wanted]
    problems += [f"README.md: no row '{title}', which tools/readme_operators.py has" for title in wanted if title not in written]
    if not problems and written != wanted:
        problems.append("README.md: the rows of operators are in another order than in tools/readme_operators.py")
    for title, operators, _ in ROWS:
        if not operators:
            problems.append(f"tools/readme_operators.py: the row '{title}' names no operators")
    for name in SHIPPED:
        if f"`{name}`" not in [row[0] for row in rows["networks"]]:
            problems.append(f"README.md: no row for the network {name}")
    for name in sorted(os.listdir(os.path.join(ROOT, "examples", "digits"))):
        if name.endswith(".onnx") and name.removesuffix(".onnx") not in SHIPPED:
            problems.append(f"tools/readme_tables.py does not run {name}")
    if problems:
        problems.append("python3 tools/readme_tables.py FINNR --write runs everything and writes the tables")
    finish(problems, f"{len(written)} rows of operators and {len(rows['networks'])} of networks stand for networks that run")


main()
