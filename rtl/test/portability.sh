#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# Every module, with default parameters and some others, must elaborate in Icarus Verilog and synthesise in Yosys without
# latches and without problems that `check` finds: portability.sh OUTPUT_FOLDER
# Exit code 77: neither tool is installed; with one of them, that one is used.
set -u
out=$1
mkdir -p "$out"
out=$(cd "$out" && pwd)
cd "$(dirname "$0")/.." || exit 1
status=0
tools=0

cases="finnr_fifo
finnr_fifo Depth=1
finnr_fifo Depth=5 Style=2
finnr_width
finnr_width InLanes=4 OutLanes=2
finnr_width InLanes=2 OutLanes=2
finnr_rom
finnr_rom Depth=1
finnr_rom Depth=16 Style=2
finnr_replay
finnr_replay Passes=1
finnr_replay Words=1 Passes=3
finnr_window
finnr_window PadTop=0 PadLeft=0 OH=3 OW=3 Rows=3 Style=2
finnr_window Groups=3 Inner=2 StrideH=2 DilationW=2 OH=3 OW=3 Rows=1
finnr_window UpH=2 UpW=3 OH=9 OW=13 Rows=2
finnr_window UpH=3 UpW=2 Repeat=1 KH=1 KW=1 OH=15 OW=10 Rows=1
finnr_window H=1 W=1 KH=1 KW=1 PadTop=0 PadLeft=0 OH=1 OW=1 Rows=2 ElementBits=1
finnr_window TileH=3 TileW=3
finnr_window TileW=3 Groups=2 DilationW=2 OW=3
finnr_window TileH=3 TileW=3 PadTop=0 PadLeft=0 OH=3 OW=3 Rows=6 Style=2
finnr_fork
finnr_cast
finnr_cast InBits=3 InKind=1 OutBits=5 Lanes=2
finnr_cast InBits=3 InKind=0 OutBits=3
finnr_table
finnr_table Channels=6 Pe=2 PerChannel=1
finnr_top_k
finnr_top_k Labels=12 Lanes=4 K=5
finnr_dot
finnr_dot XKind=2 XBits=1
finnr_dot WKind=2 WBits=1
finnr_dot XKind=2 XBits=1 WKind=2 WBits=1 OutBits=3
finnr_threshold
finnr_threshold StepSigns=1 BaseInMem=1 XSigned=0
finnr_threshold Search=1
finnr_threshold Search=1 NumThresholds=5 StepSigns=2 BaseInMem=1
finnr_threshold_step
finnr_mvu
finnr_mvu Mw=4 Mh=2
finnr_mvu NumThresholds=7 OutBits=3 Search=1
finnr_mvu XKind=2 XBits=1 WKind=2 WBits=1 AccBits=4 AccSigned=0 OutBits=1 NumThresholds=1 ThrBits=5
finnr_mvu Groups=3
finnr_mac PerLane=1
finnr_vvu
finnr_vvu K=1 Channels=1 Pe=1
finnr_vvu Simd=3 NumThresholds=7 OutBits=3
finnr_mvu Pipeline=1
finnr_mvu Simd=8 Pipeline=2 XKind=2 XBits=1 WKind=2 WBits=1 AccBits=4 AccSigned=0 OutBits=5
finnr_sum Simd=7 Registers=3
finnr_rows Simd=9 XBits=8 XKind=0 WKind=1 Cols=13
finnr_shared_sums
finnr_shared_sums Simd=6 Group=3 XSigned=1 Registers=2
finnr_signed_rows Simd=9 ABits=8 Cols=13
finnr_signed_rows Simd=6 ABits=3 ASigned=1 Cols=6 Registers=3
finnr_rows Simd=6 XBits=2 XKind=1 WBits=2 WKind=0 Cols=5 Registers=3
finnr_counter Pairs=1 Invert=63
finnr_heap
finnr_add3
finnr_delay Cycles=3
finnr_constants
finnr_constants Depth=5 Delay=1
finnr_choose Width=5
finnr_compare Width=5 Signed=1
finnr_dsp Registers=2
finnr_dsp_rows
finnr_dsp_rows Lanes=2 XKind=1 Registers=3
finnr_constant_rows
finnr_constant_rows Simd=7 XBits=3 XKind=1 Cols=7
finnr_shift
finnr_fifo Depth=4096 Style=2
finnr_ram
finnr_pool
finnr_pool Inner=3 XKind=1
finnr_pool Simd=9 Count=1
finnr_pool Simd=3 XKind=1 Function=1 OutBits=8
finnr_pool Inner=2 XKind=2 XBits=1 Function=1
finnr_join
finnr_join Function=1 AKind=1 OutBits=8
finnr_join AKind=1 MulA=5 OutBits=8
finnr_concat
finnr_concat Inputs=3
finnr_take
finnr_take Period=5 First=2 Count=3
finnr_permute
finnr_permute InBeats=5 OutBeats=3 Style=2"

if command -v iverilog > /dev/null; then
  tools=1
  echo "$cases" | {
    bad=0
    while read -r module parameters; do
      flags=
      for p in $parameters; do flags="$flags -P$module.$p"; done
      # shellcheck disable=SC2086
      if ! iverilog -g2012 -I. -s "$module" $flags -o "$out/icarus.vvp" finnr_*.sv > "$out/icarus.log" 2>&1; then
        echo "FAIL: Icarus Verilog, $module $parameters"
        cat "$out/icarus.log"
        bad=1
      fi
    done
    exit $bad
  } || status=1
else
  echo "no iverilog"
fi

if command -v yosys > /dev/null; then
  tools=1
  files=$(echo finnr_*.sv)
  {
    echo "read_verilog -sv -I. $files"
    echo "design -save library"
    echo "$cases" | while read -r module parameters; do
      echo "log == $module $parameters"
      echo "design -load library"
      sets=
      for p in $parameters; do sets="$sets -set ${p%=*} ${p#*=}"; done
      [ -z "$sets" ] || echo "chparam$sets $module"
      echo "synth -flatten -noabc -top $module"
      # A read-only memory without a file has no driver; every other problem counts.
      echo "check"
      echo "select -assert-none t:\$dlatch t:\$_DLATCH_* t:\$adlatch"
    done
  } > "$out/portability.ys"
  if ! yosys -q -l "$out/yosys.log" -s "$out/portability.ys" > "$out/yosys.out" 2>&1; then
    echo "FAIL: Yosys"
    grep "^== " "$out/yosys.log" | tail -n 1
    tail -n 5 "$out/yosys.out"
    status=1
  elif grep -q "Warning: found logic loop\|multiple conflicting drivers" "$out/yosys.log"; then
    echo "FAIL: Yosys found a loop or conflicting drivers, see $out/yosys.log"
    status=1
  fi
else
  echo "no yosys"
fi

[ $tools = 0 ] && { echo "SKIP: neither iverilog nor yosys found"; exit 77; }
[ $status = 0 ] && echo "passed: portability"
exit $status
