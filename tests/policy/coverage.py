# SPDX-License-Identifier: Apache-2.0
"""Every pass, operator and RTL module has its test, and every source and test is part of the build."""
import os
import re

from common import ROOT, files, finish, is_test, read

# RTL modules that no sweep drives alone, each with the module whose cases contain it.
WITHIN = {
    "finnr_threshold_step": "finnr_threshold",  # its pipeline stage
    "finnr_mac": "finnr_mvu",  # and finnr_vvu; their cases reach all of it
    "finnr_core": "finnr_mac",  # rtl/test/cores.sh drives it alone, in the form of every family, which reaches its parts:
    "finnr_sum": "finnr_core",
    "finnr_constants": "finnr_mac",  # of a family only: the memory's contract, proved with a mac around it by rtl/test/cores.sh
    "finnr_delay": "finnr_core",
    "finnr_rows": "finnr_core",
    "finnr_signed_rows": "finnr_core",
    "finnr_shared_sums": "finnr_core",
    "finnr_heap": "finnr_rows",
    "finnr_gates": "finnr_rows",
    "finnr_counter": "finnr_heap",
    "finnr_carry": "finnr_counter",
    "finnr_lut2": "finnr_counter",
    "finnr_add3": "finnr_core",
    "finnr_choose": "finnr_core",
    "finnr_compare": "finnr_threshold",  # in the form without simulation twins; rtl/test/cores.sh proves cells equal
    "finnr_dsp": "finnr_dsp_rows",
    "finnr_dsp_rows": "finnr_core",
    "finnr_constant_rows": "finnr_core",
    "finnr_shift": "finnr_fifo",  # of a family only: rtl/test/cores.sh drives a queue with it
    "finnr_ram": "finnr_permute",  # finnr_pool and finnr_window; their cases reach every style
    "finnr_reset": "finnr_last",  # and every other module with registers
    "finnr_last": "",  # lint and portability only: a beat counter; every simulated accelerator checks tlast
}


def passes():
    """Every row of the table has a file of its name and a test of its name that compares numbers."""
    problems = []
    names = re.findall(r'^\s*\{"(\w+)", ".*", (\w+)\},$', read("finnr/passes/pass.cpp"), re.M)
    if not names:
        problems.append("finnr/passes/pass.cpp: no table of passes found")
    for name, function in names:
        if name != function and (function, function) in names:
            continue  # a pass that runs a second time
        if name != function:
            problems.append(f"finnr/passes/pass.cpp: pass '{name}' is the function {function}")
        for path in (f"finnr/passes/{name}.cpp", f"finnr/passes/{name}_test.cpp"):
            if not os.path.exists(os.path.join(ROOT, path)):
                problems.append(f"pass {name} has no {path}")
    return problems, len(names)


def operators():
    """Every operator of the graph is computed in a test of the executor and round-trips through the text form in some test."""
    text = read("finnr/graph/op.h")
    variant = re.search(r"using Op =\s*std::variant<(.*?)>;", text, re.S).group(1)
    names = [name.strip() for name in variant.split(",")]
    tests = "\n".join(read(f) for f in files("_test.cpp", under="finnr/emulate"))
    return [f"operator {name} is in no test of finnr/emulate" for name in names if not re.search(rf"\b{name}\b", tests)], len(names)


def modules():
    """Every module of the library is linted, ported and driven by the sweep, and stands alone in its file."""
    problems = []
    sweep = read("rtl/test/make_sweep.py")
    portability = read("rtl/test/portability.sh")
    registered = read("rtl/test/CMakeLists.txt")
    if "for file in finnr_*.sv" not in read("rtl/test/lint.sh"):
        problems.append("rtl/test/lint.sh: does not lint every module")
    sources = [f for f in files(".sv", under="rtl") if f.count("/") == 1]
    for path in sources:
        name = os.path.basename(path).removesuffix(".sv")
        if re.findall(r"^module (\w+)", read(path), re.M) != [name]:
            problems.append(f"{path}: holds other modules than {name}")
        if name in WITHIN:
            if WITHIN[name] and not re.search(rf"\b{name}\b", read(f"rtl/{WITHIN[name]}.sv")):
                problems.append(f"{path}: is said to be tested within {WITHIN[name]}, which does not use it")
            continue
        if f"'{name}'" not in sweep:
            problems.append(f"{path}: no case in rtl/test/make_sweep.py")
        if not re.search(rf"^{name}\b|\"{name}\b", portability, re.M):
            problems.append(f"{path}: not in rtl/test/portability.sh")
        if not re.search(rf"\b{name.removeprefix('finnr_')}\b", registered):
            problems.append(f"{path}: no test in rtl/test/CMakeLists.txt")
    problems += [f"the exception for {name} names no module" for name in WITHIN if f"rtl/{name}.sv" not in sources]
    return problems, len(sources)


def sources():
    """Every source of a folder is listed once in its CMakeLists.txt; tests are globbed."""
    problems = []
    count = 0
    for path in files(".cpp", under="finnr"):
        folder, name = os.path.split(path)
        if is_test(path):
            continue
        count += 1
        build = re.sub(r"#[^\n]*|set_source_files_properties\([^)]*\)", "", read(f"{folder}/CMakeLists.txt"))
        listed = re.findall(rf"(?<![\w/]){re.escape(name)}(?![\w.])", build)
        if len(listed) != 1:
            problems.append(f"{folder}/CMakeLists.txt lists {name} {len(listed)} times")
    if "finnr/*_test.cpp" not in read("tests/CMakeLists.txt"):
        problems.append("tests/CMakeLists.txt does not collect the unit tests")
    return problems, count


def scripts():
    """Every test script is run by some CMakeLists.txt."""
    problems = []
    cmake = "\n".join(read(f) for f in files("CMakeLists.txt", under="tests") + files("CMakeLists.txt", under="rtl"))
    helpers = {"common.py", "common.sh", "onnx_file.py"}
    for path in files(".py", ".sh", under="tests"):
        stem = os.path.splitext(os.path.basename(path))[0]
        if os.path.basename(path) not in helpers and not re.search(rf"\b{stem}\b", cmake):
            problems.append(f"{path} is run by no test")
    return problems, 0


def main():
    problems = []
    counts = []
    for what in (passes, operators, modules, sources, scripts):
        found, count = what()
        problems += found
        counts += [f"{count} {what.__name__}"] if count else []
    finish(problems, ", ".join(counts) + "; exceptions: " + ", ".join(f"{k} within {v or 'whole accelerators'}" for k, v in WITHIN.items()))


main()
