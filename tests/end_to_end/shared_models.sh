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

check() {
  FINNR=$finnr python3 "$shared/check/check.py" models "$shared/models" "$@" || fail "check.py models $*"
}
step "reference and integer engines, all frames, QONNX and QCDQ"
check reference --frames 1000
check integer --frames 1000
check reference --frames 1000 --model model_qcdq.onnx
check integer --frames 1000 --model model_qcdq.onnx

step "QCDQ and QONNX of one network are the same integer network"
for folder in "$shared"/models/*/; do
  python3 -c "import json, sys; sys.exit(not json.load(open('$folder/about.json')).get('qcdq', {}).get('matches'))" 2> /dev/null || continue
  expect 0 print "$folder/model.onnx" --stage design && sed -E 's/ from .*//; s/ of %[0-9]+//' "$texts/out" > qonnx.txt
  expect 0 print "$folder/model_qcdq.onnx" --stage design && sed -E 's/ from .*//; s/ of %[0-9]+//' "$texts/out" > qcdq.txt
  diff <(tail -n +2 qonnx.txt) <(tail -n +2 qcdq.txt) > /dev/null || fail "$(basename "$folder"): other units in QCDQ"
  expect 0 build "$folder/model.onnx" -o qonnx --verify 0 --force
  expect 0 build "$folder/model_qcdq.onnx" -o qcdq --verify 0 --force
  diff -r qonnx/mem qcdq/mem > /dev/null || fail "$(basename "$folder"): other constants in QCDQ"
done

step "models that are broken or odd"
FINNR=$finnr python3 "$shared/check/check.py" bad "$shared/models/bad" || fail "check.py bad"

need_simulator
step "simulated hardware, 4 frames"
check rtl --frames 4

step "FINN's own folding of tfc-w1a1: 64 cycles a frame, measured"
expect 0 build "$shared/models/tfc-w1a1/model.onnx" -o tfc --folding "$shared/data/foldings/tfc-w1a1.json" && says "64 cycles a frame"
python3 -c "
import json, sys
b, v = json.load(open('tfc/bundle.json')), json.load(open('tfc/verdict.json'))
sys.exit(0 if v['good'] and b['interval'] == v['measured_interval'] == 64 else f\"{b['interval']} {v}\")" || fail "interval of FINN's folding"

step "FINN's own folding of CNV: at most 32,768 cycles a frame, measured"
expect 0 build "$shared/models/cnv-w1a1-cifar10/model.onnx" -o cnv --folding "$shared/data/foldings/cnv-w1a1.json" --verify 4 && says "32768 cycles a frame"
python3 -c "
import json, sys
b, v = json.load(open('cnv/bundle.json')), json.load(open('cnv/verdict.json'))
sys.exit(0 if v['good'] and b['interval'] == v['measured_interval'] <= 32768 else f\"{b['interval']} {v}\")" || fail "interval of FINN's folding"
finish
