#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# The compute cores of every family against the sum of products by definition, and its queues of shift registers against a list of
# words: cores.sh OUTPUT_FOLDER
# Simulates finnr_core in Icarus Verilog, on models of the primitives (primitives.sv), over kinds and widths of operands, sizes and
# registers; and has Yosys prove small cores equal to the operators of the language for all operands.
# FINNR_SWEEP=all widens the sizes. Exit code 77: neither tool is installed.
set -u
out=$1
mkdir -p "$out"
out=$(cd "$out" && pwd)
cd "$(dirname "$0")/.." || exit 1
status=0
tools=0
modules=$(ls finnr_core.sv finnr_rows.sv finnr_signed_rows.sv finnr_shared_sums.sv finnr_heap.sv finnr_gates.sv finnr_counter.sv finnr_carry.sv finnr_lut2.sv finnr_add3.sv \
  finnr_choose.sv finnr_compare.sv finnr_constant_rows.sv finnr_dsp_rows.sv finnr_dsp.sv finnr_delay.sv finnr_sum.sv finnr_dot.sv)

# XBits XKind WBits WKind
kinds="1 2 1 2
8 0 1 2
8 1 1 2
1 2 4 1
1 2 3 0
1 1 1 2
1 0 1 2
2 0 2 1
2 1 2 1
3 0 3 1
4 0 4 1
4 1 4 1
4 0 4 0
1 0 1 0
1 0 2 1
1 1 1 1
5 1 2 0"

if command -v iverilog > /dev/null; then
  tools=1
  bench() {  # bench, family, parameters, modules
    flags=
    for p in $3; do flags="$flags -P$1.$p"; done
    # shellcheck disable=SC2086
    if ! iverilog -g2012 -D"$2" -I. -s "$1" $flags -o "$out/bench.vvp" "test/$1.sv" test/primitives.sv $4 \
         > "$out/bench.log" 2>&1 || ! vvp -n "$out/bench.vvp" > "$out/bench.log" 2>&1 || ! grep -q "^equal" "$out/bench.log"; then
      echo "FAIL: $1, $2, $3"
      head -n 5 "$out/bench.log"
      status=1
    fi
  }
  run() {  # family, parameters
    bench core_bench "$1" "$2" "$modules"
  }
  sizes="2 7 16 19 32 66"
  step=10
  [ "${FINNR_SWEEP:-default}" = all ] && step=1
  [ "${FINNR_SWEEP:-default}" = all ] && sizes="1 2 3 4 5 6 7 8 9 11 12 13 16 18 19 24 27 32 33 36 48 64 65 66 96 130 288"
  for family in FINNR_GENERIC FINNR_XILINX7 FINNR_ULTRASCALE; do
    for simd in $sizes; do
      run $family "Simd=$simd"
      run $family "Simd=$simd Beats=1 Pe=1 Registers=3"
    done
    while read -r xb xk wb wk; do
      operands="XBits=$xb XKind=$xk WBits=$wb WKind=$wk"
      run $family "Simd=9 Pe=1 AccBits=16 Registers=2 $operands"
      run $family "Simd=4 Beats=1 PerLane=1 AccBits=9 $operands"
    done << EOF
$kinds
EOF
    # The cores of the sweep's units: every tenth unless it has many gates, which take a minute, or all of them.
    while read -r parameters; do
      run $family "$parameters"
    done << EOF
$(python3 test/make_sweep.py --group compute --cores --sweep "${FINNR_SWEEP:-default}" --seed "${FINNR_SEED:-1}" |
  awk -v step=$step '{ gates = 1; for (i = 1; i <= 4; i++) { split($(i == 4 ? 5 : i), v, "="); gates *= v[2] } } NR % step == 0 && (step == 1 || gates <= 256)')
EOF
    for depth in 2 3 4 16 17 31 32; do
      bench queue_bench $family "Depth=$depth" "finnr_fifo.sv finnr_shift.sv finnr_reset.sv"
    done
    run $family "Simd=12 Beats=5 AccBits=6"
    run $family "Simd=20 Beats=3 Merge=1"
    run $family "Simd=9 XBits=3 XKind=1 WBits=3 WKind=1 AccBits=14 Merge=1"
    # Thresholds in the accumulator, constant weights, slices.
    run $family "Simd=16 Beats=3 Preset=1"
    run $family "Simd=9 Preset=1 Beats=1 Registers=2"
    for simd in 1 2 3 4 5 6 13 34; do
      run $family "Simd=$simd Unrolled=1 Beats=1"
      run $family "Simd=$simd Unrolled=1 Beats=1 XBits=3 XKind=$((simd % 2)) AccBits=10"
    done
    for simd in 2 3 4 7 13; do
      run $family "Simd=$simd Pe=12 Unrolled=1 Beats=1 XBits=8 XKind=$((simd % 2)) AccBits=14 Registers=$((1 + simd % 5))"
      run $family "Simd=$simd Pe=40 Unrolled=1 Beats=1 XBits=2 XKind=$((simd % 2)) AccBits=9 Registers=$((1 + simd / 2))"
    done
    run $family "Simd=33 Unrolled=1 Beats=1 Preset=1 Pe=4 Registers=2"
    run $family "Simd=9 Core=2 XBits=4 XKind=0 WBits=4 WKind=1 AccBits=14 Pe=5"
    run $family "Simd=5 Core=2 XBits=4 XKind=1 WBits=4 WKind=1 AccBits=14 Pe=4 Beats=1 Registers=3"
    run $family "Simd=5 Core=2 XBits=8 XKind=0 WBits=8 WKind=1 AccBits=20 Pe=3 Registers=2"
    run $family "Simd=3 Core=2 XBits=2 XKind=1 WBits=2 WKind=1 AccBits=6 Pe=7"
    run $family "Simd=3 Core=2 XBits=5 XKind=0 WBits=3 WKind=1 AccBits=8 Pe=2 PerLane=1"
    run $family "Simd=3 Core=2 XBits=17 XKind=0 WBits=8 WKind=1 AccBits=30 Pe=2"
    run $family "Simd=6 XBits=3 XKind=1 WBits=3 WKind=1 Core=0 AccBits=12"
    run $family "Simd=6 XBits=3 XKind=1 WBits=3 WKind=1 Core=0 AccBits=12 Registers=4"
  done
else
  echo "no iverilog"
fi

if command -v yosys > /dev/null; then
  tools=1
  # The same module twice, in the forms of two sets of macros, and a miter of both.
  prove() {  # what, macros of the one and of the other, top module, its parameters, modules beside those of the cores, options of the miter, of sat
    for form in gold gate; do
      macros=$3
      [ $form = gold ] && macros=$2
      echo "read_verilog -sv -I. $macros $6 $(echo $modules) test/primitives.sv"
      echo "chparam $5 $4"
      echo "hierarchy -top $4; proc; flatten; memory; opt_clean; rename $4 $form"
      echo "design -stash $form"
    done > "$out/equal.ys"
    {
      echo "design -copy-from gold -as gold gold; design -copy-from gate -as gate gate"
      echo "miter -equiv -flatten -make_outputs $7 gold gate miter; hierarchy -top miter; opt -full"
      echo "sat $8 -prove trigger 0 miter"
    } >> "$out/equal.ys"
    if ! yosys -q -l "$out/equal.log" -s "$out/equal.ys" > "$out/equal.out" 2>&1 || ! grep -q "Q.E.D.\|SUCCESS" "$out/equal.log"; then
      echo "FAIL: Yosys cannot prove $1 equal, $5"
      tail -n 5 "$out/equal.log"
      status=1
    fi
  }
  # So many cycles from a reset in the first one, with both sides of the streams ready.
  streams() {
    printf -- '-seq %s -set-at 1 in_rst_ni 0 ' "$1"
    for t in $(seq 2 "$1"); do printf -- '-set-at %s in_rst_ni 1 ' "$t"; done
    printf -- '-set in_s_valid_i 1 -set in_m_ready_i 1'
  }
  # Cores with and without the macro of a family.
  while read -r simd xb xk wb wk acc beats core pe; do
    for family in FINNR_XILINX7 FINNR_ULTRASCALE; do
      prove "$family" "" -D$family finnr_core "-set Pe $pe -set Core $core -set Simd $simd -set XBits $xb -set XKind $xk -set WBits $wb -set WKind $wk -set AccBits $acc -set Beats $beats" \
        "" "" "-seq 4 -set in_en_i 1 -set in_take_i 1 -set-at 2 in_first_i 1 -set-at 3 in_first_i 0 -prove-skip 3"
    done
  done << EOF
7 1 2 1 2 6 1 1 1
9 1 2 1 2 5 2 1 1
2 3 0 1 2 8 1 1 1
2 3 1 1 2 8 2 1 1
2 2 0 2 1 8 1 1 1
2 2 1 2 1 8 2 1 1
1 2 0 2 1 6 1 2 3
1 3 1 3 1 7 1 2 2
EOF
  # Comparators of cells in finnr_threshold against operators, from reset. Channels Pe XBits XSigned OutBits
  # NumThresholds ThrBits StepSigns BaseInMem Search, and the memory.
  thresholds="finnr_threshold.sv finnr_threshold_step.sv finnr_rom.sv finnr_reset.sv"
  while read -r channels pe xb signed ob steps tb signs base search words; do
    printf '%s' "$words" | tr , '\n' > "$out/steps.mem"
    prove thresholds "" -DFINNR_XILINX7 finnr_threshold "-set Channels $channels -set Pe $pe -set XBits $xb -set XSigned 1'b$signed -set OutBits $ob -set NumThresholds $steps -set ThrBits $tb -set StepSigns $signs -set BaseInMem 1'b$base -set Search 1'b$search -set File \"$out/steps.mem\"" \
      "$thresholds" -ignore_gold_x "$(streams 12) -prove-skip 9"
  done << EOF
4 2 5 1 2 3 6 0 0 0 b1c49e07d,2f93a6c81
4 2 5 0 2 3 6 2 1 0 1b1c49e07d3,062f93a6c81
4 1 6 1 3 7 7 2 1 0 1f2c49e07d3a51,02f93a6c81b07e,15d3720c96be44,0a81f3d25c6e97
4 1 4 1 4 7 5 1 1 0 2f2c49e07d3a,12f93a6c81b0,25d3720c96be,0a81f3d25c6e
4 1 6 0 3 7 6 2 1 1 3f2c49e07d3a,02f93a6c81b0,25d3720c96be,1a81f3d25c6e
EOF
  # Cells of finnr_pool, which choose the larger number, against those of its simulation twin. Lanes Simd XBits XKind OutBits Count Inner Function
  while read -r lanes simd xb kind ob n inner function; do
    prove pools -DFINNR_SIM_TWIN -DFINNR_XILINX7 finnr_pool "-set Lanes $lanes -set Simd $simd -set XBits $xb -set XKind $kind -set OutBits $ob -set Count $n -set Inner $inner -set Function $function -set Style 1" \
      "finnr_pool.sv finnr_ram.sv finnr_reset.sv" "" "$(streams 12) -prove-skip 8"
  done << EOF
1 1 5 0 5 3 1 0
2 3 4 1 4 2 1 0
1 2 3 0 3 2 1 0
1 1 4 1 4 2 3 0
1 3 2 1 5 2 1 1
1 1 3 0 5 2 3 1
EOF
  # finnr_constants in place of the memory: a finnr_mac of two bipolar operands with and without a family, from reset.
  printf '5a\nc3\n17\n' > "$out/constants.mem"
  for pipeline in 0 1; do
    prove constants "" -DFINNR_XILINX7 finnr_mac "-set Channels 6 -set Pe 2 -set Simd 4 -set Beats 1 -set XBits 1 -set XKind 2 -set WBits 1 -set WKind 2 -set AccBits 3 -set AccSigned 0 -set OutBits 5 -set Pipeline $pipeline -set WeightFile \"$out/constants.mem\"" \
      "finnr_mac.sv finnr_constants.sv $thresholds" -ignore_gold_x "$(streams 7) -prove-skip 6"
  done
else
  echo "no yosys"
fi

[ $tools = 0 ] && { echo "SKIP: neither iverilog nor yosys found"; exit 77; }
[ $status = 0 ] && echo "passed: cores"
exit $status
