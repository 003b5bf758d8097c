#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# Networks of other people, where they are at hand: shared_models.sh FINNR [FOLDER]
# FOLDER (default ../shared beside the repository) holds models/<name>/{model.onnx,input.npy,expected.npy}, foldings in
# data/foldings, and check/check.py. Skipped without.
set -u
. "$(dirname "$0")/common.sh"
shared=${2:-${FINNR_SHARED:-$source_dir/../shared}}
[ -e "$shared/check/check.py" ] && [ -d "$shared/models/tfc-w1a1" ] || skip "no networks at $shared"
shared=$(realpath "$shared")
cd "$scratch" || exit 1
names=tfc-w1a1,tfc-w2a2,lfc-w1a1,lfc-w1a2,mlp-nonlinear

check() {
  FINNR=$finnr python3 "$shared/check/check.py" models "$shared/models" "$@" --names $names || fail "check.py models $*"
}
step "reference and integer engines, all frames"
check reference --frames 1000
check integer --frames 1000

need_simulator
step "simulated hardware, 8 frames"
check rtl --frames 8

step "FINN's own folding of tfc-w1a1: 64 cycles a frame, measured"
expect 0 build "$shared/models/tfc-w1a1/model.onnx" -o tfc --folding "$shared/data/foldings/tfc-w1a1.json" && says "64 cycles a frame"
python3 -c "
import json, sys
b, v = json.load(open('tfc/bundle.json')), json.load(open('tfc/verdict.json'))
sys.exit(0 if v['good'] and b['interval'] == v['measured_interval'] == 64 else f\"{b['interval']} {v}\")" || fail "interval of FINN's folding"
finish
