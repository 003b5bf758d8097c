#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# The fast engine, forced to each instruction set of this machine, on the networks of other people: fast_targets.sh FINNR [FOLDER]
# FOLDER (default ../shared beside the repository) holds models/<name>/{model.onnx,input.npy}. Skipped without.
set -u
. "$(dirname "$0")/common.sh"
shared=${2:-${FINNR_SHARED:-$source_dir/../shared}}
[ -d "$shared/models/tfc-w1a1" ] || skip "no networks at $shared"
shared=$(realpath "$shared")
cd "$scratch" || exit 1

frames=7  # of each network: a tile of positions and a rest
targets=$("$finnr" run model.onnx --instructions none 2>&1 | sed -n 's/.*{\(.*\)}.*/\1/p' | tr , ' ')
[ "$(echo "$targets" | wc -w)" -ge 2 ] || fail "no instruction sets: $targets"
step "instruction sets: $targets"
for folder in "$shared"/models/*/; do
  [ -e "$folder/input.npy" ] || continue
  name=$(basename "$folder")
  head_of $frames "$folder/input.npy" in.npy
  expect 0 run "$folder/model.onnx" --input in.npy --engine integer --output integer.npy || continue
  for target in $targets; do
    expect 0 run "$folder/model.onnx" --input in.npy --engine fast --instructions "$target" --output fast.npy || continue
    cmp -s integer.npy fast.npy || fail "$name: $target gives other numbers than the integer engine"
    rm fast.npy
  done
  step "$name"
done
finish
