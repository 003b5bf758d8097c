#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# Lints every module of the library as top, with and without the simulation twins, and checks that bad parameters are
# refused. Exit code 77: Verilator is missing.
set -u
cd "$(dirname "$0")/.." || exit 1
command -v verilator > /dev/null || { echo "SKIP: verilator not found"; exit 77; }
status=0

for file in finnr_*.sv; do
  module=${file%.sv}
  for form in "" -DFINNR_NO_SIM_TWIN; do
    # shellcheck disable=SC2086
    verilator --lint-only -Wall $form -I. --top-module "$module" "$file" || { echo "FAIL: lint of $module $form"; status=1; }
  done
done

# Parameters that are not the defaults reach other branches.
vary() {
  # shellcheck disable=SC2068,SC2086
  verilator --lint-only -Wall -I. --top-module "$1" $2 "$1.sv" || { echo "FAIL: lint of $1 $2"; status=1; }
  # shellcheck disable=SC2086
  verilator --lint-only -Wall -DFINNR_NO_SIM_TWIN -I. --top-module "$1" $2 "$1.sv" || { echo "FAIL: lint of $1 $2, no twin"; status=1; }
}
vary finnr_fifo "-GDepth=1"
vary finnr_fifo "-GDepth=5 -GStyle=1"
vary finnr_fifo "-GDepth=5 -GStyle=2"
vary finnr_fifo "-GDepth=5 -GStyle=3"
vary finnr_width "-GInLanes=4 -GOutLanes=2"
vary finnr_width "-GInLanes=2 -GOutLanes=2"
vary finnr_rom "-GDepth=1 -GStyle=2"
vary finnr_rom "-GDepth=5 -GStyle=1"
vary finnr_rom "-GDepth=5 -GStyle=3"
vary finnr_replay "-GPasses=1"
vary finnr_replay "-GWords=1 -GPasses=3"
vary finnr_window "-GPadTop=0 -GPadLeft=0 -GOH=3 -GOW=3 -GRows=3 -GStyle=1"
vary finnr_window "-GGroups=3 -GInner=2 -GStrideH=2 -GDilationW=2 -GOH=3 -GOW=3 -GStyle=2 -GLanes=2"
vary finnr_window "-GUpH=2 -GUpW=3 -GOH=9 -GOW=13 -GRows=2 -GStyle=3 -GFill=8'h5"
vary finnr_window "-GUpH=3 -GUpW=2 -GRepeat=1 -GKH=1 -GKW=1 -GOH=15 -GOW=10 -GPadTop=0 -GPadLeft=0 -GRows=1"
vary finnr_window "-GH=1 -GW=1 -GKH=1 -GKW=1 -GPadTop=0 -GPadLeft=0 -GOH=1 -GOW=1 -GRows=2 -GElementBits=1"
vary finnr_window "-GKH=1 -GKW=1 -GPadTop=-2 -GPadLeft=-1 -GOH=2 -GOW=3 -GRows=1"
vary finnr_window "-GTileH=3 -GTileW=3"
vary finnr_window "-GTileW=3"
vary finnr_window "-GTileH=3 -GTileW=3 -GGroups=2 -GPadTop=0 -GPadLeft=0 -GOH=3 -GOW=3 -GRows=6 -GStyle=2"
vary finnr_window "-GTileW=3 -GDilationW=2 -GDilationH=2 -GOH=3 -GOW=3 -GRows=5"
vary finnr_window "-GKH=1 -GTileW=3 -GPadTop=0 -GRows=1"
vary finnr_window "-GKW=1 -GTileH=3 -GPadLeft=0 -GW=1 -GOW=1 -GGroups=3"
vary finnr_fork "-GOutputs=1"
vary finnr_cast "-GInBits=3 -GInKind=1 -GOutBits=3"
vary finnr_cast "-GLanes=3 -GInBits=3 -GInKind=0 -GOutBits=5"
vary finnr_table "-GChannels=6 -GPe=2 -GPerChannel=1"
vary finnr_table "-GChannels=2 -GPe=2 -GPerChannel=1"
vary finnr_top_k "-GLabels=1 -GIndexBits=1"
vary finnr_top_k "-GLabels=12 -GLanes=4 -GK=5 -GXSigned=0"
vary finnr_dot "-GXKind=2 -GXBits=1 -GWKind=2 -GWBits=1 -GOutBits=3"
vary finnr_dot "-GXKind=2 -GXBits=1"
vary finnr_dot "-GWKind=2 -GWBits=1"
vary finnr_dot "-GXKind=1 -GOutBits=48"
vary finnr_threshold "-GChannels=2 -GStepSigns=1 -GBaseInMem=1 -GXSigned=0"
vary finnr_threshold "-GSearch=1"
vary finnr_threshold "-GSearch=1 -GStepSigns=2 -GBaseInMem=1 -GNumThresholds=5 -GOutBits=8"
vary finnr_threshold "-GSearch=1 -GStepSigns=2 -GChannels=2 -GNumThresholds=1 -GXSigned=0"
vary finnr_mvu "-GMw=4 -GMh=2"
vary finnr_mvu "-GXKind=2 -GXBits=1 -GWKind=2 -GWBits=1 -GAccBits=4 -GAccSigned=0 -GOutBits=5"
vary finnr_mvu "-GXKind=2 -GXBits=1 -GWKind=2 -GWBits=1 -GAccBits=4 -GAccSigned=0 -GOutBits=1 -GNumThresholds=1 -GThrBits=5"
vary finnr_mvu "-GWKind=0 -GAccSigned=0 -GNumThresholds=7 -GOutBits=3 -GSearch=1"
vary finnr_mvu "-GGroups=3 -GNumThresholds=7 -GOutBits=3"
vary finnr_mac "-GPerLane=1"
vary finnr_vvu "-GK=1 -GPe=1 -GChannels=1"
vary finnr_vvu "-GSimd=3 -GNumThresholds=7 -GOutBits=3"
vary finnr_vvu "-GSimd=9 -GXKind=2 -GXBits=1 -GWKind=2 -GWBits=1 -GAccBits=4 -GAccSigned=0 -GOutBits=5"
vary finnr_ram "-GDepth=1 -GStyle=1"
vary finnr_ram "-GDepth=5 -GStyle=2"
vary finnr_ram "-GStyle=3"
vary finnr_pool "-GInner=3 -GXKind=1"
vary finnr_pool "-GInner=2 -GFunction=1 -GOutBits=6 -GCount=1"
vary finnr_pool "-GXKind=2 -GXBits=1 -GOutBits=1"
vary finnr_pool "-GSimd=9 -GCount=1"
vary finnr_pool "-GSimd=5 -GXKind=1 -GFunction=1 -GOutBits=9"
vary finnr_pool "-GSimd=2 -GXKind=2 -GXBits=1 -GFunction=1 -GOutBits=5"
vary finnr_pool "-GXKind=2 -GXBits=1 -GFunction=1 -GCount=1"
vary finnr_pool "-GXKind=1 -GFunction=1 -GOutBits=3 -GLanes=1"
vary finnr_join "-GFunction=1 -GAKind=1 -GOutBits=8"
vary finnr_join "-GAKind=2 -GABits=1 -GBKind=1 -GMulA=-1 -GMulB=-5 -GOutBits=40"
vary finnr_join "-GAKind=1 -GBKind=2 -GBBits=1 -GMulA=7 -GMulB=-1 -GOutBits=3"
vary finnr_concat "-GInputs=1"
vary finnr_concat "-GInputs=3 -GTurns=96'h000000010000000500000002"
vary finnr_take "-GPeriod=1 -GCount=1"
vary finnr_take "-GPeriod=5 -GFirst=2 -GCount=3"
vary finnr_permute "-GInBeats=1 -GOutBeats=3"
vary finnr_permute "-GInBeats=5 -GOutBeats=1 -GStyle=2 -GIndexStyle=1"

# Every elaboration check refuses; no message of another kind is accepted in its place.
refuse() {
  # shellcheck disable=SC2086
  if verilator --lint-only -I. --top-module "$1" $2 "$1.sv" > /dev/null 2>&1; then
    echo "FAIL: $1 accepts $2"
    status=1
  elif ! verilator --lint-only -Wno-fatal -I. --top-module "$1" $2 "$1.sv" 2>&1 | grep -q "$1: $3"; then
    echo "FAIL: $1 with $2 does not say: $3"
    status=1
  fi
}
refuse finnr_fifo -GDepth=0 "Depth must be"
refuse finnr_fifo -GStyle=4 "Style must be"
refuse finnr_width "-GInLanes=2 -GOutLanes=3" "the ratio of lanes"
refuse finnr_rom -GStyle=4 "Style must be"
refuse finnr_replay -GWords=0 "Words must be"
refuse finnr_replay -GPasses=0 "Passes must be"
refuse finnr_window -GW=0 "the image must not"
refuse finnr_window -GOH=0 "OH and OW must"
refuse finnr_window -GKW=0 "KH and KW must"
refuse finnr_window -GStrideH=0 "strides, dilations"
refuse finnr_window -GUpW=0 "strides, dilations"
refuse finnr_window -GRepeat=2 "Repeat must be"
refuse finnr_window -GRows=0 "Rows must be"
refuse finnr_window -GTileW=2 "a tile is part"
refuse finnr_window -GTileH=3 "a tile is part"
refuse finnr_window "-GTileW=3 -GInner=2" "a tile needs"
refuse finnr_window "-GTileW=3 -GUpH=2" "a tile needs"
refuse finnr_window -GStyle=4 "Style must be"
refuse finnr_window -GLanes=0 "Lanes and ElementBits"
refuse finnr_fork -GOutputs=0 "Outputs must be"
refuse finnr_cast -GLanes=0 "Lanes must be"
refuse finnr_cast "-GInKind=3" "a bipolar input"
refuse finnr_cast "-GInBits=2" "a bipolar input"
refuse finnr_cast "-GInKind=0 -GInBits=3" "OutBits must be"
refuse finnr_table "-GChannels=5 -GPe=2" "Pe must divide"
refuse finnr_top_k "-GLabels=10 -GLanes=3" "Lanes must divide"
refuse finnr_top_k "-GLabels=4 -GK=5" "K must be"
refuse finnr_top_k "-GLabels=40 -GIndexBits=5" "IndexBits"
refuse finnr_dot "-GXKind=2" "a bipolar input"
refuse finnr_dot "-GWKind=2" "a bipolar weight"
refuse finnr_dot "-GWKind=3" "kinds must be"
refuse finnr_threshold "-GChannels=5" "Pe must divide"
refuse finnr_threshold "-GSearch=1 -GStepSigns=1" "StepSigns must be"
refuse finnr_threshold "-GNumThresholds=0" "NumThresholds must be"
refuse finnr_mvu "-GMh=5" "Pe must divide"
refuse finnr_mvu "-GMw=6" "Simd must divide"
refuse finnr_mvu "-GMwReal=9" "MwReal must"
refuse finnr_mvu "-GGroups=0" "Groups must"
refuse finnr_mac "-GXKind=2 -GXBits=1 -GWKind=2 -GWBits=1" "a count of equal pairs"
refuse finnr_mac "-GWKind=3" "kinds must be"
refuse finnr_vvu "-GChannels=5" "Pe must divide"
refuse finnr_vvu "-GSimd=2" "Simd must divide"
refuse finnr_vvu "-GKReal=10" "KReal must"
refuse finnr_ram -GStyle=4 "Style must be"
refuse finnr_pool -GCount=0 "Count and Inner"
refuse finnr_pool "-GSimd=2 -GInner=2" "Simd must be"
refuse finnr_pool -GOutBits=5 "a maximum has"
refuse finnr_pool -GFunction=2 "Function must be"
refuse finnr_pool -GXKind=2 "XKind must be"
refuse finnr_join -GFunction=2 "Function must be"
refuse finnr_join -GAKind=2 "AKind must be"
refuse finnr_join -GOutBits=65 "ABits, BBits and OutBits"
refuse finnr_concat "-GTurns=64'h0000000100000000" "a turn must"
refuse finnr_take "-GFirst=3" "the beats taken"
refuse finnr_take "-GCount=0" "the beats taken"
refuse finnr_permute "-GOutBeats=0" "InBeats and OutBeats"
[ $status = 0 ] && echo "passed: lint"
exit $status
