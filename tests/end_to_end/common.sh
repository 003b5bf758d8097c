# SPDX-License-Identifier: Apache-2.0
# What the end-to-end scripts share; they are called as SCRIPT FINNR and source this file.
# $finnr is the binary, $source_dir the repository, $scratch a folder that vanishes; failures are counted and printed.
finnr=$(realpath "$1")
source_dir=$(realpath "$(dirname "${BASH_SOURCE[0]}")/../..")
digits=$source_dir/examples/digits
scratch=$(mktemp -d)
texts=$(mktemp -d)
trap 'rm -rf "$scratch" "$texts"' EXIT
failures=0

skip() { echo "SKIP: $1"; exit 77; }
step() { echo "-- $1"; }
fail() { echo "FAIL: $1"; failures=$((failures + 1)); }
finish() {
  [ "$failures" -eq 0 ] && echo "passed: $(basename "$0")"
  exit $((failures > 0))
}

need_simulator() {
  for tool in verilator g++; do command -v "$tool" > /dev/null || skip "$tool not found"; done
}

# expect STATUS ARGUMENTS...: runs finnr; its texts are in $texts/out and $texts/err.
expect() {
  local status=$1 got=0
  shift
  "$finnr" "$@" > "$texts/out" 2> "$texts/err" || got=$?
  [ "$got" -eq "$status" ] && return 0
  fail "exit status $got instead of $status: finnr $*"
  tail -n 20 "$texts/out" "$texts/err"
  return 1
}

# says WORDS / errs WORDS: the last command's standard output / error holds the words.
says() { grep -qF -- "$1" "$texts/out" || { fail "standard output does not say '$1'"; tail -n 20 "$texts/out"; }; }
errs() { grep -qF -- "$1" "$texts/err" || { fail "standard error does not say '$1'"; tail -n 20 "$texts/err"; }; }

# json EXPRESSION: the last command's standard output is JSON alone, and the Python expression over it (as j) holds.
json() {
  python3 -m json.tool "$texts/out" > /dev/null || { fail "standard output is not JSON"; return; }
  python3 -c "import json, sys; j = json.load(open('$texts/out')); sys.exit(0 if ($1) else str(j)[:600])" || fail "JSON: not ($1)"
}

# equal A.npy B.npy [TOLERANCE]: same shape and same numbers, relative to B's largest.
equal() {
  python3 - "$source_dir/tests/end_to_end" "$@" << 'PYTHON' || fail "$1 and $2 differ"
import sys
sys.path.insert(0, sys.argv[1])
from onnx_file import load_npy
(sa, a), (sb, b) = load_npy(sys.argv[2]), load_npy(sys.argv[3])
allowed = (float(sys.argv[4]) if len(sys.argv) > 4 else 0) * max(map(abs, b))
worst = max((abs(x - y) for x, y in zip(a, b)), default=0)
sys.exit(0 if len(a) == len(b) and sa == sb and worst <= allowed else f"shapes {sa} {sb}, worst difference {worst}")
PYTHON
}

# head_of N IN.npy OUT.npy: the first N frames, or all if there are fewer.
head_of() {
  python3 - "$source_dir/tests/end_to_end" "$@" << 'PYTHON'
import math, sys
sys.path.insert(0, sys.argv[1])
from onnx_file import load_npy, save_npy
shape, values = load_npy(sys.argv[3])
n = min(int(sys.argv[2]), shape[0])
kind = {b"u1": "|u1", b"i8": "<i8", b"f4": "<f4"}[open(sys.argv[3], "rb").read(128).split(b"'descr': '")[1][1:3]]
save_npy(sys.argv[4], kind, (n, *shape[1:]), values[: n * math.prod(shape[1:])])
PYTHON
}
