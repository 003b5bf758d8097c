# SPDX-License-Identifier: Apache-2.0
"""Includes and link lists obey the table of docs/architecture.md."""
import re

from common import files, finish, is_test, read


def table():
    """folder -> the folders it may include, in the order of the document (from the top storey down)."""
    text = read("docs/architecture.md")
    body = text[text.index("<!-- policy: storeys -->"):text.index("<!-- policy: end -->")]
    rows = {}
    for line in body.split("\n"):
        cells = [cell.strip() for cell in line.strip().strip("|").split("|")]
        if len(cells) == 5 and cells[0].startswith("`finnr/"):
            rows[cells[0].strip("`").removeprefix("finnr/")] = re.findall(r"`(\w+)`", cells[4])
    return rows


def check_table(allowed):
    """The table itself: only downward, and complete for the folders that exist."""
    order = list(allowed)
    problems = []
    for folder, below in allowed.items():
        for other in below:
            if other not in allowed:
                problems.append(f"docs/architecture.md: {folder} may include {other}, which has no row")
            elif order.index(other) <= order.index(folder):
                problems.append(f"docs/architecture.md: {folder} may include {other}, which stands above it")
    present = {path.split("/")[1] for path in files(".h", ".cpp", under="finnr") if path.count("/") >= 2}
    problems += [f"finnr/{folder} has no row in docs/architecture.md" for folder in sorted(present - set(allowed))]
    problems += [f"docs/architecture.md has a row for finnr/{folder}, which does not exist" for folder in sorted(set(allowed) - present)]
    return problems


def check_includes(allowed):
    problems = []
    count = 0
    for path in files(".h", ".cpp", ".inc", ".in", under="finnr"):
        folder = path.split("/")[1]
        for number, line in enumerate(read(path).split("\n"), 1):
            included = re.match(r'\s*#\s*include\s+"([^"]+)"', line)
            if not included:
                continue
            name = included.group(1)
            count += 1
            if not name.startswith("finnr/"):
                if not path.endswith(".in"):  # a template of a generated program includes what stands beside it
                    problems.append(f'{path}:{number}: "{name}" is not spelled from the root ("finnr/...")')
                continue
            if is_test(path):
                continue
            if name.endswith("_for_test.h"):
                problems.append(f"{path}:{number}: includes {name}, which is for tests")
            other = name.split("/")[1]
            if other != folder and other not in allowed.get(folder, []):
                problems.append(f"{path}:{number}: finnr/{folder} must not include finnr/{other} (docs/architecture.md)")
    return problems, count


def check_links(allowed):
    """LINKS of finnr_library repeats the row; the binary links the hall that opens everything."""
    problems = []
    for folder, below in allowed.items():
        path = f"finnr/{folder}/CMakeLists.txt"
        text = re.sub(r"#[^\n]*", "", read(path))
        library = re.search(r"finnr_library\(\s*(\w+)(.*?)\)", text, re.S)
        if library is None:
            linked = set(re.findall(r"\bfinnr_(\w+)", "".join(re.findall(r"target_link_libraries\((.*?)\)", text, re.S))))
            linked &= set(allowed)
            if not linked or not linked <= set(below):
                problems.append(f"{path}: links {sorted(linked)}, the table allows {below}")
            continue
        if library.group(1) != folder:
            problems.append(f"{path}: makes the library '{library.group(1)}', not '{folder}'")
        links = re.search(r"\bLINKS\b(.*?)(?:\bPRIVATE_LINKS\b|$)", library.group(2), re.S)
        linked = re.findall(r"finnr_(\w+)", links.group(1)) if links else []
        if set(linked) != set(below):
            problems.append(f"{path}: LINKS {linked} differs from the table's {below}")
        private = re.findall(r"\bPRIVATE_LINKS\b(.*)", library.group(2), re.S)
        if private and "finnr_" in private[0]:
            problems.append(f"{path}: a folder of ours stands in PRIVATE_LINKS; it belongs to LINKS")
    return problems


def main():
    allowed = table()
    problems = check_table(allowed)
    included, count = check_includes(allowed)
    problems += included + check_links(allowed)
    finish(problems, f"{count} includes and {len(allowed)} link lists obey the table")


main()
