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
  run() {  # family, parameters
    flags=
    for p in $2; do flags="$flags -Pcore_bench.$p"; done
    # shellcheck disable=SC2086
    if ! iverilog -g2012 -D"$1" -I. -s core_bench $flags -o "$out/bench.vvp" test/core_bench.sv test/primitives.sv $modules \
         > "$out/bench.log" 2>&1 || ! vvp -n "$out/bench.vvp" > "$out/bench.log" 2>&1 || ! grep -q "^equal" "$out/bench.log"; then
      echo "FAIL: $1, $2"
      head -n 5 "$out/bench.log"
      status=1
    fi
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
      if ! iverilog -g2012 -D$family -I. -s queue_bench -Pqueue_bench.Depth=$depth -o "$out/bench.vvp" test/queue_bench.sv test/primitives.sv \
           finnr_fifo.sv finnr_shift.sv finnr_reset.sv > "$out/bench.log" 2>&1 || ! vvp -n "$out/bench.vvp" > "$out/bench.log" 2>&1 ||
         ! grep -q "^equal" "$out/bench.log"; then
        echo "FAIL: $family, queue of $depth"
        head -n 5 "$out/bench.log"
        status=1
      fi
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
  # The same module twice, with and without the macro of a family; registers are cut, so that the proof is combinational.
  while read -r simd xb xk wb wk acc beats core pe; do
    for family in FINNR_XILINX7 FINNR_ULTRASCALE; do
      set -- -set Pe "$pe" -set Core "$core" -set Simd "$simd" -set XBits "$xb" -set XKind "$xk" -set WBits "$wb" -set WKind "$wk" -set AccBits "$acc" -set Beats "$beats"
      {
        for form in gold gate; do
          macro=
          [ $form = gate ] && macro="-D$family"
          echo "read_verilog -sv -I. $macro $(echo $modules) test/primitives.sv"
          echo "chparam $* finnr_core"
          echo "hierarchy -top finnr_core; proc; flatten; opt_clean; rename finnr_core $form"
          echo "design -stash $form"
        done
        echo "design -copy-from gold -as gold gold; design -copy-from gate -as gate gate"
        echo "miter -equiv -flatten -make_outputs gold gate miter; hierarchy -top miter; opt -full"
        echo "sat -seq 4 -set in_en_i 1 -set in_take_i 1 -set-at 2 in_first_i 1 -set-at 3 in_first_i 0 -prove trigger 0 -prove-skip 3 miter"
      } > "$out/equal.ys"
      if ! yosys -q -l "$out/equal.log" -s "$out/equal.ys" > "$out/equal.out" 2>&1 || ! grep -q "Q.E.D.\|SUCCESS" "$out/equal.log"; then
        echo "FAIL: Yosys cannot prove $family equal, $*"
        tail -n 5 "$out/equal.log"
        status=1
      fi
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
  while read -r channels pe xb signed ob steps tb signs base search words; do
    printf '%s' "$words" | tr , '\n' > "$out/steps.mem"
    set -- -set Channels "$channels" -set Pe "$pe" -set XBits "$xb" -set XSigned "1'b$signed" -set OutBits "$ob" -set NumThresholds "$steps" \
      -set ThrBits "$tb" -set StepSigns "$signs" -set BaseInMem "1'b$base" -set Search "1'b$search" \
      -set File "\"$out/steps.mem\""
    {
      for form in gold gate; do
        macro=
        [ $form = gate ] && macro=-DFINNR_XILINX7
        echo "read_verilog -sv -I. $macro finnr_threshold.sv finnr_threshold_step.sv finnr_rom.sv finnr_reset.sv $(echo $modules) test/primitives.sv"
        echo "chparam $* finnr_threshold"
        echo "hierarchy -top finnr_threshold; proc; flatten; memory; opt_clean; rename finnr_threshold $form"
        echo "design -stash $form"
      done
      echo "design -copy-from gold -as gold gold; design -copy-from gate -as gate gate"
      echo "miter -equiv -flatten -make_outputs -ignore_gold_x gold gate miter; hierarchy -top miter; opt -full"
      echo "sat -seq 12 -set-at 1 in_rst_ni 0 -set-at 2 in_rst_ni 1 -set-at 3 in_rst_ni 1 -set-at 4 in_rst_ni 1 -set-at 5 in_rst_ni 1 -set-at 6 in_rst_ni 1 $(for t in 7 8 9 10 11 12; do printf -- '-set-at %s in_rst_ni 1 ' $t; done) -set in_s_valid_i 1 -set in_m_ready_i 1 -prove trigger 0 -prove-skip 9 miter"
    } > "$out/equal.ys"
    if ! yosys -q -l "$out/equal.log" -s "$out/equal.ys" > "$out/equal.out" 2>&1 || ! grep -q "Q.E.D.\|SUCCESS" "$out/equal.log"; then
      echo "FAIL: Yosys cannot prove thresholds equal, $*"
      tail -n 5 "$out/equal.log"
      status=1
    fi
  done << EOF
4 2 5 1 2 3 6 0 0 0 b1c49e07d,2f93a6c81
4 2 5 0 2 3 6 2 1 0 1b1c49e07d3,062f93a6c81
4 1 6 1 3 7 7 2 1 0 1f2c49e07d3a51,02f93a6c81b07e,15d3720c96be44,0a81f3d25c6e97
4 1 4 1 4 7 5 1 1 0 2f2c49e07d3a,12f93a6c81b0,25d3720c96be,0a81f3d25c6e
4 1 6 0 3 7 6 2 1 1 3f2c49e07d3a,02f93a6c81b0,25d3720c96be,1a81f3d25c6e
EOF
  # Cells of finnr_pool, which choose the larger number, against those of its simulation twin. Lanes Simd XBits XKind OutBits Count Inner Function
  while read -r lanes simd xb kind ob n inner function; do
    set -- -set Lanes "$lanes" -set Simd "$simd" -set XBits "$xb" -set XKind "$kind" -set OutBits "$ob" -set Count "$n" -set Inner "$inner" \
      -set Function "$function" -set Style 1
    {
      for form in gold gate; do
        macro=-DFINNR_SIM_TWIN
        [ $form = gate ] && macro=-DFINNR_XILINX7
        echo "read_verilog -sv -I. $macro finnr_pool.sv finnr_ram.sv finnr_reset.sv $(echo $modules) test/primitives.sv"
        echo "chparam $* finnr_pool"
        echo "hierarchy -top finnr_pool; proc; flatten; memory; opt_clean; rename finnr_pool $form"
        echo "design -stash $form"
      done
      echo "design -copy-from gold -as gold gold; design -copy-from gate -as gate gate"
      echo "miter -equiv -flatten -make_outputs gold gate miter; hierarchy -top miter; opt -full"
      echo "sat -seq 12 -set-at 1 in_rst_ni 0$(for t in 2 3 4 5 6 7 8 9 10 11 12; do printf ' -set-at %s in_rst_ni 1' $t; done) -set in_s_valid_i 1 -set in_m_ready_i 1 -prove trigger 0 -prove-skip 8 miter"
    } > "$out/equal.ys"
    if ! yosys -q -l "$out/equal.log" -s "$out/equal.ys" > "$out/equal.out" 2>&1 || ! grep -q "Q.E.D.\|SUCCESS" "$out/equal.log"; then
      echo "FAIL: Yosys cannot prove pools equal, $*"
      tail -n 5 "$out/equal.log"
      status=1
    fi
  done << EOF
1 1 5 0 5 3 1 0
2 3 4 1 4 2 1 0
1 2 3 0 3 2 1 0
1 1 4 1 4 2 3 0
1 3 2 1 5 2 1 1
1 1 3 0 5 2 3 1
EOF
  # finnr_constants in place of the memory: a finnr_mac of two bipolar operands with and without a family, from reset.
  for pipeline in 0 1; do
    printf '5a\nc3\n17\n' > "$out/constants.mem"
    {
      for form in gold gate; do
        macro=
        [ $form = gate ] && macro=-DFINNR_XILINX7
        echo "read_verilog -sv -I. $macro finnr_mac.sv finnr_rom.sv finnr_constants.sv finnr_threshold.sv finnr_threshold_step.sv finnr_reset.sv $(echo $modules) test/primitives.sv"
        echo "chparam -set Channels 6 -set Pe 2 -set Simd 4 -set Beats 1 -set XBits 1 -set XKind 2 -set WBits 1 -set WKind 2 -set AccBits 3 -set AccSigned 0 -set OutBits 5 -set Pipeline $pipeline -set WeightFile \"$out/constants.mem\" finnr_mac"
        echo "hierarchy -top finnr_mac; proc; flatten; memory; opt_clean; rename finnr_mac $form"
        echo "design -stash $form"
      done
      echo "design -copy-from gold -as gold gold; design -copy-from gate -as gate gate"
      echo "miter -equiv -flatten -make_outputs -ignore_gold_x gold gate miter; hierarchy -top miter; opt -full"
      echo "sat -seq 7 -set-at 1 in_rst_ni 0 -set-at 2 in_rst_ni 1 -set-at 3 in_rst_ni 1 -set-at 4 in_rst_ni 1 -set-at 5 in_rst_ni 1 -set-at 6 in_rst_ni 1 -set-at 7 in_rst_ni 1 -set in_s_valid_i 1 -set in_m_ready_i 1 -prove trigger 0 -prove-skip 6 miter"
    } > "$out/equal.ys"
    if ! yosys -q -l "$out/equal.log" -s "$out/equal.ys" > "$out/equal.out" 2>&1 || ! grep -q "Q.E.D.\|SUCCESS" "$out/equal.log"; then
      echo "FAIL: Yosys cannot prove constants equal to a memory, pipeline $pipeline"
      tail -n 5 "$out/equal.log"
      status=1
    fi
  done
else
  echo "no yosys"
fi

[ $tools = 0 ] && { echo "SKIP: neither iverilog nor yosys found"; exit 77; }
[ $status = 0 ] && echo "passed: cores"
exit $status
