#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# Exit statuses, the rules of the output folder, and what a verification mismatch says: wrong_options.sh FINNR
set -u
. "$(dirname "$0")/common.sh"
cd "$scratch" || exit 1
model=$digits/digits-w2a2.onnx

step "usage: exit status 2, nothing on standard output"
usage() { expect 2 "$@"; [ -s "$texts/out" ] && fail "usage error on standard output: finnr $*"; }
usage
usage bogus
usage build
usage build "$model"
usage build "$model" -o out --fps 0
usage build "$model" -o out --clock -1
usage build "$model" -o out --fps 10 --folding f.json
usage build "$model" -o out --input-type u16
usage build "$model" -o out --top-k 0
usage build "$model" -o out --verify -1
usage build "$model" -o out --verify many
usage build "$model" -o out --bogus
usage build "$model" second.onnx -o out
usage run "$model" --engine fastest
usage run "$model" --instructions mmx
usage verify out --stalls some
usage verify out --frames 0
usage print "$model" --stage rtl
usage check
expect 0 --help && says "build"
expect 0 build --help && says "--folding"
expect 0 --version && says "finnr "

step "the model is at fault: exit status 1"
expect 1 build missing.onnx -o out --verify 0 && errs "F0101"
expect 1 build "$scratch" -o out --verify 0 && errs "F0101"
expect 1 check missing.onnx && errs "F0101"
expect 1 run missing.onnx --input missing.npy && errs "F0101"
expect 1 build missing.onnx -o out --json && json "not j['ok'] and j['diagnostics'][0]['code'] == 'F0101'"
errs "F0101"
[ -e out ] && fail "a failed build leaves its folder"

step "the output folder"
mkdir empty foreign && echo keep > foreign/file
expect 0 build "$model" -o empty --verify 0
expect 1 build "$model" -o empty --verify 0 && errs "F0404"
touch empty/marker
expect 0 build "$model" -o empty --verify 0 --force
[ -e empty/marker ] && fail "--force keeps old files"
expect 1 build "$model" -o foreign --verify 0 --force && errs "F0404"
[ "$(cat foreign/file)" = keep ] || fail "a foreign file was touched"
expect 1 build "$model" -o foreign/file --verify 0 --force && errs "F0404"
expect 1 build missing.onnx -o empty --verify 0 --force
[ -e empty/bundle.json ] || fail "a failed build with --force removes the old accelerator"
expect 1 verify foreign && errs "F0406"
expect 1 run foreign --input "$digits/test_images.npy" && errs "F0406"
expect 1 print foreign && errs "F0406"

need_simulator

step "Ctrl-C during a build: exit status 1, F0506, nothing left"
mkdir busy
"$finnr" build "$model" -o busy/out > "$texts/out" 2> "$texts/err" &
job=$!
for _ in $(seq 100); do [ -n "$(ls -A busy)" ] && break; sleep 0.05; done
sleep 0.5
kill -INT $job
status=0
wait $job || status=$?
[ $status -eq 1 ] || fail "exit status $status after an interruption"
errs "F0506"
[ -z "$(ls -A busy)" ] || fail "an interrupted build leaves $(ls -A busy)"

step "a simulator that is not there, one that fails"
expect_with() { local path=$1; shift; status=0; PATH=$path "$finnr" "$@" > "$texts/out" 2> "$texts/err" || status=$?; [ $status -eq 1 ] || fail "exit status $status with PATH=$path"; }
expect_with /nowhere build "$model" -o none
errs "F0501"
mkdir tools && printf '#!/bin/sh\necho "%%Error: out of licences"; exit 1\n' > tools/verilator && chmod +x tools/verilator
expect_with "$scratch/tools:$PATH" build "$model" -o none
errs "F0502"
[ -e none ] && fail "a build without a simulator leaves its folder"

step "a flipped weight: exit status 3, and a message that says where"
expect 0 build "$model" -o flipped --fps 500000 --verify 0
python3 - << 'PYTHON'
text = open("flipped/mem/fc0_weights.hex").read()
open("flipped/mem/fc0_weights.hex", "w").write("".join("%x" % (int(c, 16) ^ 5) if c != "\n" else c for c in text[:400]) + text[400:])
PYTHON
expect 3 verify flipped --frames 4 --stalls none --seed 11
errs "F0503"
for word in "unit fc0" "node '/1/MatMul'" "frame " "channel " "expected " ", got " "finnr verify flipped --frames " "--seed 11" "--trace fc0"; do errs "$word"; done
grep -q '"good": false' flipped/verdict.json || fail "a mismatch leaves a verdict that claims success"
again=$(grep -o "finnr verify flipped .*" "$texts/err" | cut -d' ' -f2-)
cp "$texts/err" first
# shellcheck disable=SC2086
expect 3 $again --json && json "not j['ok'] and j['verdict']['mismatch']['unit'] == 'fc0' and j['diagnostics'][0]['code'] == 'F0503'"
[ -s flipped/debug/fc0.fst ] || fail "the command that repeats a mismatch leaves no waveform"
grep -m1 -o "frame .*got [^ ;]*" first > a
grep -m1 -o "frame .*got [^ ;]*" "$texts/err" > b
cmp -s a b || fail "the command that repeats a mismatch shows another one: $(cat a b)"

step "a changed threshold"
expect 0 build "$model" -o moved --fps 500000 --verify 0
python3 - << 'PYTHON'
lines = open("moved/mem/fc1_thresholds.hex").read().split()
open("moved/mem/fc1_thresholds.hex", "w").write("\n".join("0" * len(line) for line in lines) + "\n")
PYTHON
expect 3 verify moved --frames 4 --stalls random && errs "unit fc1"
finish
