# SPDX-License-Identifier: Apache-2.0
"""Every header compiles alone: headers.py [--compiler C++] [--flags "..."].

A header that its own source or test includes before anything else is compiled alone by every build; the others are
compiled here, two at a time.
"""
import argparse
import concurrent.futures
import os
import re
import subprocess

from common import ROOT, files, finish, read


def first_include(path):
    found = re.search(r'^\s*#\s*include\s+(["<][^">]+[">])', read(path), re.M)
    return found.group(1).strip('"<>') if found else ""


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--compiler", default="c++")
    parser.add_argument("--flags", default="-std=c++20 -Wall -Wextra -Werror")
    options = parser.parse_args()

    headers = files(".h", under="finnr")
    built = {first_include(path) for path in files(".cpp", under="finnr")}
    alone = [header for header in headers if header not in built]

    def compile_alone(header):
        command = [options.compiler, *options.flags.split(), "-I", ROOT, "-fsyntax-only", "-x", "c++", "-include", os.path.join(ROOT, header),
                   os.devnull]
        done = subprocess.run(command, capture_output=True, text=True, check=False)
        return f"{header} does not compile alone:\n{done.stderr[:1500]}" if done.returncode != 0 else ""

    with concurrent.futures.ThreadPoolExecutor(2) as pool:
        problems = [problem for problem in pool.map(compile_alone, alone) if problem]
    problems += [f"{header}: no #pragma once" for header in headers if "#pragma once" not in read(header)]
    finish(problems, f"{len(headers) - len(alone)} headers stand first in a source, {len(alone)} compile alone")


main()
