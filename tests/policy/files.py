# SPDX-License-Identifier: Apache-2.0
"""Rules about every file: files.py [FINNR]. With a binary, the options in the documents must exist in its help."""
import re
import subprocess
import sys

from common import files, finish, is_test, read

MAX_LINES = 1000
SOURCES = (".h", ".cpp", ".inc", ".in", ".py", ".sh", ".sv", ".svh", ".cmake", "CMakeLists.txt", "Makefile", "script/demo", "script/test",
           "script/setup", ".ci/run")
PROSE = (".md",)
OTHER_TOOLS = {"pip", "python", "python3", "ctest", "cmake", "make", "git", "apt", "apt-get", "verilator", "yosys", "iverilog", "script/test"}


def rules_of_sources():
    problems = []
    paths = [path for path in files(*SOURCES, *PROSE) if not path.startswith((".git", "tests/golden/"))]  # golden: generated text
    for path in paths:
        text = read(path)
        lines = text.split("\n")
        if len(lines) > MAX_LINES:
            problems.append(f"{path}: {len(lines)} lines, at most {MAX_LINES}")
        if not path.endswith(PROSE) and not any("SPDX-License-Identifier: Apache-2.0" in line for line in lines[:2]):
            problems.append(f"{path}: the first line (behind #!) is not the SPDX licence identifier")
        if path.endswith(".h") and re.search(r"^\s*using namespace\b", text, re.M):
            problems.append(f"{path}: using namespace in a header")
        for number, line in enumerate(lines, 1):
            if re.search(r"\b(TO" r"DO|FIX" r"ME|XX" r"X)\b", line):
                problems.append(f"{path}:{number}: a forgotten note")
            if re.search(r"(?<![\w.])/(home|root|Users|work|mnt)/\w", line):
                problems.append(f"{path}:{number}: an absolute path of some machine")
            if "\t" in line and not path.endswith(("Makefile",)):
                problems.append(f"{path}:{number}: a tab")
            if line != line.rstrip() and not path.endswith(PROSE):
                problems.append(f"{path}:{number}: blanks at the end of the line")
        if text and not text.endswith("\n"):
            problems.append(f"{path}: no newline at the end")
        if path.startswith("finnr/") and path.endswith((".cpp", ".h")) and not is_test(path) and re.search(r"^\s*#\s*include\s+<iostream>", text, re.M):
            problems.append(f"{path}: includes <iostream>; only finnr/cli prints, with stdio")
    return problems, len(paths)


def links():
    """Relative links of the documents lead to files."""
    known = set(files())
    folders = {path.rsplit("/", 1)[0] for path in known if "/" in path}
    problems = []
    for path in files(*PROSE):
        base = path.rsplit("/", 1)[0] + "/" if "/" in path else ""
        for target in re.findall(r"\]\(([^)#\s]+)", read(path)):
            if "://" in target:
                continue
            parts = []
            for part in (base + target).split("/"):
                parts = parts[:-1] if part == ".." else parts + ([part] if part not in (".", "") else [])
            if "/".join(parts) not in known and "/".join(parts) not in folders:
                problems.append(f"{path}: the link {target} leads nowhere")
    return problems


def flags(finnr):
    """Every option of the documents, in a command of a code block or between backquotes, exists in the binary's help."""
    helps = {"": subprocess.run([finnr, "--help"], capture_output=True, text=True, check=True).stdout}
    for command in re.findall(r"^  (\w+)  ", helps[""].split("Subcommands:")[1], re.M):
        helps[command] = subprocess.run([finnr, command, "--help"], capture_output=True, text=True, check=True).stdout
    existing = {command: set(re.findall(r"(?<![\w-])--?[a-z][a-z-]*", text)) for command, text in helps.items()}
    everything = set().union(*existing.values())
    problems = []
    count = 0
    for path in files(*PROSE):
        fenced = False
        for number, line in enumerate(read(path).split("\n"), 1):
            fenced ^= line.lstrip().startswith("```")
            call = re.match(r"^\s*(?:\$ )?(?:build/release/)?finnr ([a-z]+)(.*)", line) if fenced else None
            if call and call.group(1) not in helps:
                problems.append(f"{path}:{number}: finnr has no subcommand '{call.group(1)}'")
                continue
            if call:
                words, known = call.group(2), existing[call.group(1)]
            else:
                quoted = [text for text in re.findall(r"`([^`]+)`", line) if text.split()[0] not in OTHER_TOOLS and not text.split()[0].endswith(".py")]
                words, known = " ".join(quoted), everything
            for flag in re.findall(r"(?<![\w-])--[a-z][a-z-]*", words):
                count += 1
                if flag not in known:
                    problems.append(f"{path}:{number}: finnr has no option {flag}")
    return problems, count


def main():
    problems, checked = rules_of_sources()
    problems += links()
    text = f"{checked} files"
    if len(sys.argv) > 1:
        found, count = flags(sys.argv[1])
        problems += found
        text += f", {count} options in the documents exist"
    finish(problems, text)


main()
