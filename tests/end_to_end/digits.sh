#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# The shipped networks through every engine, every form of folding and every kind of stalls: digits.sh FINNR
set -u
. "$(dirname "$0")/common.sh"
cd "$scratch" || exit 1
images=$digits/test_images.npy
labels=$digits/test_labels.npy

step "reference and integer engines on all 360 images, both networks"
for network in w2a2 w1a1; do
  expected=$digits/expected.npy
  [ $network = w1a1 ] && expected=$digits/expected-w1a1.npy
  expect 0 run "$digits/digits-$network.onnx" --input "$images" --output reference.npy --labels "$labels" --engine reference && says "accuracy 353 of 360"
  expect 0 run "$digits/digits-$network.onnx" --input "$images" --output integer.npy --labels "$labels" --engine integer && says "accuracy 353 of 360"
  equal integer.npy reference.npy
  equal reference.npy "$expected" 1e-5
  expect 0 run "$digits/digits-$network.onnx" --input "$images" --output fast.npy --labels "$labels" --threads 2 --json && \
    json "j['engine'] == 'fast' and j['accuracy']['right'] == 353 and sum(map(sum, j['accuracy']['confusion'])) == 360"
  cmp -s fast.npy integer.npy || fail "the fast engine gives other numbers"
done
for network in cnn cnn-qcdq; do
  for engine in reference integer; do
    expect 0 run "$digits/digits-$network.onnx" --input "$images" --output $engine.npy --labels "$labels" --engine $engine && says "accuracy 354 of 360"
    equal $engine.npy "$digits/expected-cnn.npy" 1e-5
  done
done
head_of 24 "$images" few.npy
head_of 24 "$labels" few_labels.npy

step "other files of frames, and the profile"
python3 - "$images" "$labels" << 'PY'
import gzip, os, struct, sys
def array(path):
    data = open(path, "rb").read()
    at = 10 + struct.unpack("<H", data[8:10])[0]
    kind = data[10:at].decode().split("'descr': '")[1].split("'")[0]
    code, size = {"<f4": ("f", 4), "|u1": ("B", 1), "<i8": ("q", 8)}[kind]
    return struct.unpack(f"<{(len(data) - at) // size}{code}", data[at:])
pixels, labels = array(sys.argv[1]), array(sys.argv[2])
raw, names = bytes(int(p) for p in pixels), bytes(int(n) for n in labels)
with gzip.open("images.gz", "wb") as f:
    f.write(struct.pack(">IIII", 0x803, len(names), 8, 8) + raw)
open("labels.idx", "wb").write(struct.pack(">II", 0x801, len(names)) + names)
os.mkdir("images")
for i in range(len(names)):
    open(f"images/{i:04}.pgm", "wb").write(b"P5\n# digit\n8 8\n255\n" + raw[64 * i:64 * i + 64])
PY
for frames in images.gz images; do
  expect 0 run "$digits/digits-w2a2.onnx" --input $frames --output fast.npy --labels labels.idx && says "accuracy 353 of 360"
  expect 0 run "$digits/digits-w2a2.onnx" --input "$images" --output integer.npy --engine integer
  cmp -s fast.npy integer.npy || fail "$frames gives other numbers"
done
expect 0 run "$digits/digits-cnn.onnx" --input "$images" --profile --json && \
  json "j['frames_per_second'] > 0 and 0 < j['peak_share'] and any(l['gops'] > 0 and l['peak_share'] > 0 for l in j['layers'])"
expect 0 run "$digits/digits-cnn.onnx" --input "$images" --profile && says "of the peaks in all"

step "text forms and JSON"
model=$digits/digits-w2a2.onnx
expect 0 check "$model" && says "3 native"
expect 0 check "$model" --json && json "j['ok'] and len(j['nodes']) == 15"
expect 0 print "$model" && says "thresholds("
expect 0 print "$model" --after import && says "quantize("
expect 0 print "$model" --after lift_linear && says "matmul("
expect 0 print "$model" --stage design && says "unit fc2 : mvu 10x64"
expect 0 print "$model" --stage design --fps 500000 && says "interval"
expect 0 print "$model" --json && json "j['ok'] and 'thresholds(' in j['text']"
expect 0 run "$model" --input few.npy --labels few_labels.npy --json && json "j['frames'] == 24 and j['of'] == 24 and j['engine'] == 'fast'"
expect 0 explain F0301 --json && json "j['code'] == 'F0301'"
expect 0 build "$model" -o unverified --verify 0 --json && json "j['ok'] and j['verdict'] is None and j['interval'] == 4096"
[ -e unverified/verdict.json ] && fail "a build without simulation writes a verdict"
expect 0 build "$digits/digits-cnn.onnx" -o table --verify 0
python3 -c "
import json
shown = [line.split() for line in open('$texts/out') if line.startswith('  ')]
for unit in json.load(open('table/bundle.json'))['units']:
    fold = [str(unit['pe']), 'x', str(unit['simd'])] if unit['simd'] else [str(unit['pe']), 'lane' if unit['pe'] == 1 else 'lanes']
    assert [unit['name'], unit['kind'], *fold, str(unit['interval'])] in shown, unit" || fail "the table of units is not that of the bundle"
expect 0 build "$model" -o quiet --verify 0 -q
[ -s "$texts/out" ] && fail "-q prints something"

step "the same model and options give the same files"
expect 0 build "$model" -o again --verify 0
diff -r unverified again > /dev/null || fail "two builds differ"

step "foldings: own form with padding and a weight store, and FINN's form"
cat > own.json << 'JSON'
{"layers": {"fc0": {"pe": 8, "simd": 16}, "fc1": {"pe": 5, "simd": 7, "pad": true}, "fc2": {"pe": 10, "simd": 8, "store": "block"}}}
JSON
expect 0 print "$model" --stage design --folding own.json && says "padded to"
cat > finn.json << 'JSON'
{"Defaults": {}, "Thresholding_rtl_0": {"PE": 1}, "MVAU_hls_0": {"PE": 16, "SIMD": 16, "ram_style": "block"}, "MVAU_hls_1": {"PE": 16, "SIMD": 16},
 "MVAU_hls_2": {"PE": 10, "SIMD": 4, "ram_style": "distributed"}, "LabelSelect_hls_0": {"PE": 1}}
JSON
expect 0 print "$model" --stage design --folding finn.json && says "pe 16 simd 16"

command -v verilator > /dev/null && command -v g++ > /dev/null || { [ "$failures" -eq 0 ] && skip "verilator or g++ not found; only the parts without simulation ran"; finish; }

step "build with the default folding, verified"
expect 0 build "$model" -o default && says "bit-exact"
python3 -c "
import json, sys
b, v = json.load(open('default/bundle.json')), json.load(open('default/verdict.json'))
sys.exit(0 if v['good'] and v['measured_interval'] == v['predicted_interval'] == b['interval'] == 4096 else str(v))" || fail "verdict of the default folding"

step "raw bytes in, scores out, at 500,000 frames a second"
expect 0 build "$model" -o bytes --fps 500000 --input-type u8 --input-scale 1 --verify 4 && says "bit-exact"
expect 0 run bytes --input "$images" --output rtl.npy --labels "$labels" && says "accuracy 353 of 360"
equal rtl.npy "$digits/expected.npy" 1e-5
expect 0 run bytes --engine integer --input few.npy --output few_integer.npy

step "verify under each kind of stalls, and a waveform"
expect 0 verify bytes --stalls none --frames 3 --trace fc1 && says "bit-exact"
[ -s bytes/debug/fc1.fst ] || fail "no waveform"
expect 0 verify bytes --stalls random --frames 3 --seed 7 --json && json "j['verdict']['good'] and j['verdict']['runs'][0]['stalls'] == 'random'"
expect 0 verify bytes --stalls worst --frames 2 && says "bit-exact"
expect 0 print bytes --stage design && says "unit fc0"
expect 0 print bytes && says "thresholds("

step "padded folding, verified"
expect 0 build "$model" -o padded --folding own.json --verify 4 && says "bit-exact"

step "run MODEL --engine rtl, the bipolar network"
expect 0 run "$digits/digits-w1a1.onnx" --engine rtl --input few.npy --output few_rtl.npy
expect 0 run "$digits/digits-w1a1.onnx" --engine integer --input few.npy --output few_integer.npy
equal few_rtl.npy few_integer.npy

step "the convolutional network with its residual, as QONNX and as QCDQ"
for network in cnn cnn-qcdq; do
  expect 0 build "$digits/digits-$network.onnx" -o $network --verify 4 && says "bit-exact"
done
diff -r cnn/mem cnn-qcdq/mem > /dev/null || fail "QONNX and QCDQ give other constants"
expect 0 run cnn --input few.npy --output few_rtl.npy --labels few_labels.npy && says "accuracy 24 of 24"
head_of 24 "$digits/expected-cnn.npy" few_expected.npy
equal few_rtl.npy few_expected.npy 1e-5

step "several pixels at once"
echo '{"layers": {"conv0": {"pe": 8, "simd": 9, "m": 4}, "conv1": {"pe": 4, "simd": 8, "m": 2}}}' > pixels.json
expect 0 build "$digits/digits-cnn.onnx" -o pixels --folding pixels.json --verify 3 && says "bit-exact"
expect 0 print pixels --stage design && says "unit conv0_3 : mvu"

step "a cut by hand: the last layers on the host"
name=$("$finnr" check "$digits/digits-cnn.onnx" --json | python3 -c "import json, sys; print([n['name'] for n in json.load(sys.stdin)['nodes'] if n['type'] == 'Gemm' or n['type'] == 'MatMul'][-1])")
expect 0 build "$digits/digits-cnn.onnx" -o cut --host-from "$name" --verify 0
expect 0 run cut --engine integer --input few.npy --output few_cut.npy
equal few_cut.npy few_expected.npy 1e-5
finish
