#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# Builds one group of the parameter sweep: build_sweep.sh GROUP OUTPUT_FOLDER
# FINNR_SWEEP=all widens the sweep, FINNR_SEED (default 1) varies its random contents.
# Exit code 77: a tool is missing.
set -eu
group=$1
out=$2
here=$(cd "$(dirname "$0")" && pwd)
for tool in verilator python3 make; do
  command -v $tool > /dev/null || { echo "SKIP: $tool not found"; exit 77; }
done
mkdir -p "$out"
out=$(cd "$out" && pwd)
python3 "$here/make_sweep.py" --group "$group" --sweep "${FINNR_SWEEP:-default}" --seed "${FINNR_SEED:-1}" --out "$out"
flags=
[ "$group" = form ] && flags=-DFINNR_NO_SIM_TWIN
# -O1 of the C++ compiler: the build takes longer than the run.
# Waived: the generated top need not be tidy, the modules themselves are linted by lint.sh.
# shellcheck disable=SC2086
verilator --cc --exe --build -j "${FINNR_JOBS:-1}" --assert $flags -Wno-fatal -Wno-lint -Wno-style \
  --x-initial unique --output-split 20000 --output-split-cfuncs 4000 \
  -CFLAGS "-std=c++20 -O1 -I$out -I$here -I$here/../.." -MAKEFLAGS "OPT_FAST=-O1 OPT_SLOW=-O0 OPT_GLOBAL=-O1" \
  --top-module finnr_sweep -I"$here/.." --Mdir "$out/obj" -o "$out/sweep" \
  "$out/finnr_sweep.sv" "$here/../"finnr_*.sv "$here/sweep.cpp" \
  "$here/../../finnr/hardware/window.cpp" "$here/../../finnr/base/check.cpp" > "$out/build.log" 2>&1 || { cat "$out/build.log"; exit 1; }
