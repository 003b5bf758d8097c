// SPDX-License-Identifier: Apache-2.0
// The units that multiply, and thresholds.
#include <algorithm>
#include <cmath>

#include "finnr/cost/core_cells.h"
#include "finnr/cost/term_shapes.h"
#include "finnr/cost/term_steps.h"
#include "finnr/hardware/memory_cost.h"

namespace finnr::terms {
namespace {

constexpr std::int64_t kBlockStyle = 2;
constexpr std::int64_t kSplitStyle = 4;

/// What a tool makes of operators: bits counted, added or multiplied, and their sum in a register. Where gates are LUTs nobody takes
/// operators for bipolar operands but a folding file, so that a few syntheses stand for a fit there.
void add_operators(Formulas& f, const CoreShape& core, bool compared, int k) {
  constexpr std::int64_t kBipolar = 2;
  const bool mine = core.form == CoreForm::kOperators;
  const bool added = mine && !core.xnor() && (core.x_kind == kBipolar || core.w_kind == kBipolar);
  const bool multiplied = mine && !core.xnor() && !added;
  const bool dsp = multiplied_in_dsp(core, k);
  const bool gates = multiplied && !dsp;
  const bool constants = core.depth == 1;  // whose bits that are 0 need no adder
  const bool rare = k == 6;
  const std::int64_t products = core.pe * core.simd;
  const std::int64_t dot =
      std::min(core.sum_bits, core.xnor() ? log2_up(core.simd + 1) : core.x_bits + core.w_bits + 1 + log2_up(core.simd));
  const std::int64_t each = !rare                     ? std::max(core.x_bits, core.w_bits) + 1
                            : core.w_kind == kBipolar ? 3 * core.x_bits + 2
                                                      : 4 * core.w_bits + 12;
  // Blocks add what they multiply to the sum of the one before, and have registers in front and behind: with one register all of a sum is
  // theirs. More registers need a tree, whose sums of four products and more are adders. Blocks of an ECP5 multiply alone.
  // An accumulator is a LUT a bit that lets go of the sum before and another one that adds; that of single products of unsigned inputs
  // which nothing but the output reads is part of the block.
  const bool within = dsp && rare;
  const bool kept = within && core.simd == 1 && core.registers == 1 && core.x_kind == 0 && !compared;
  const bool accumulated = mine && core.beats > 1 && !kept;
  const std::int64_t levels = log2_up(core.simd) + 1;
  std::int64_t tree_bits = dsp && !rare ? core.pe * (core.simd - 1) * (core.x_bits + core.w_bits) : 0;
  std::int64_t tree_registers = 0;
  for (std::int64_t level = 2; within && core.registers > 1 && level < levels; ++level) {
    const std::int64_t sums = ceil_div(core.simd, std::int64_t{1} << level);
    const std::int64_t bits = std::min(dot, core.x_bits + core.w_bits + 1 + level);
    tree_bits += core.pe * sums * bits;
    tree_registers += core.pe * sums * bits * ((level + 1) * core.registers / levels - level * core.registers / levels);
  }
  f.lut.insert(f.lut.end(), {{"counted pairs", mine && core.xnor() ? static_cast<double>(products) * (rare ? 3.6 : 1) : 0, rare},
                             {"added bits", added ? products * each : 0, rare},
                             {"product bits", gates && !constants ? products * core.x_bits * core.w_bits : 0},
                             {"product operands", gates && !constants ? products * (core.x_bits + core.w_bits) : 0},
                             {"products of constants", gates && constants ? products * core.x_bits * core.w_bits : 0},
                             {"sums of blocks", tree_bits, rare},
                             {"accumulated bits", accumulated && !within ? core.pe * core.sum_bits : 0},
                             {"accumulated bits of blocks", accumulated && within ? 2 * core.pe * core.sum_bits : 0, true}});
  f.ff.insert(f.ff.end(), {{"dot products", mine && !within ? core.pe * dot : 0},
                           {"sums of blocks", tree_registers, true},
                           {"registers of sums", mine && !within ? products * (core.x_bits + core.w_bits) * (core.registers - 1) : 0},
                           {"accumulated bits", accumulated ? core.pe * core.sum_bits : 0, true}});
}

/// What a matrix and a depthwise unit have in common: weights, core, thresholds. A sum that starts below its one threshold needs
/// no comparison, but its sign may be turned over.
void add_arithmetic(Formulas& f, const UnitShape& u, std::int64_t channels, int k) {
  const CoreShape core = core_shape(u, k);
  const CellCount cells = core_cells(core);
  const StepShape steps = step_shape(u, channels, core.sum_bits, u.at("AccSigned", 1) != 0);
  const std::int64_t word = core.pe * core.simd * core.w_bits;
  const std::int64_t style = u.at("WeightStyle");
  const RomCost split = style == kSplitStyle ? split_rom(core.depth, word) : RomCost{};
  const bool in_luts = style < kBlockStyle && !core.merged;
  const std::int64_t behind = u.at("Pipeline") > 0 ? 1 : 0;  // registers behind the memory
  const std::int64_t stages = 1 + behind + core.registers;   // a valid bit each, and what is the first and the last of a result
  const bool read_late = behind > 0 && core.depth > 1 && !core.merged;
  const double columns = in_luts ? different_columns(word, core.depth) : 0;
  // Blocks have the last registers of inputs within, and of weights those behind the memory's own.
  const bool blocks = multiplied_in_dsp(core, k) && k == 6;
  const std::int64_t halves = style == kSplitStyle && split.block_words < core.depth ? split.block_bits : 0;  // a choice between both
  const std::int64_t preset_word = core.preset ? steps.lanes * (steps.threshold_bits + (steps.bases ? 1 : 0)) : 0;
  const bool preset_in_luts = core.preset && steps.in_luts;
  const bool compared = steps.steps > 0 && !core.preset && !steps.search;
  const bool centred = core.xnor() && steps.steps == 0;  // twice the count less the number of pairs
  f.lut.insert(f.lut.end(), {{"one", 1},
                             {"core", cells.luts, true},
                             {"weight memory", in_luts ? rom_cells(word, core.depth, k) : static_cast<double>(split.luts), true},
                             {"weight address", counter(core.depth, k)},
                             {"address bits of constants", core.merged ? counter_bits(core.depth) : 0},
                             {"beat counter", counter(core.beats, k)},
                             {"centred bits", centred ? core.pe * u.at("AccBits", 1) : 0},
                             {"preset memory", preset_in_luts ? memory_cells(steps, preset_word, k) : 0, true},
                             {"preset counters", core.preset ? counter(steps.folds, k) : 0},
                             {"preset signs", core.preset ? core.pe : 0}});
  f.ff.insert(f.ff.end(), {{"one", 1},
                           {"core", cells.registers, true},
                           {"inputs", core.inputs() * (behind + (blocks ? 0 : 1)), true},
                           {"weights", columns, true},
                           {"weights of two memories", split.luts > 0 ? word - split.block_bits + halves : 0},
                           {"weights read late", read_late && !blocks ? (in_luts ? columns : static_cast<double>(word)) : 0, true},
                           {"counters", (core.depth > 1 ? counter_bits(core.depth) : 0) + loop(core.beats), true},
                           {"address bits of constants", core.merged ? counter_bits(core.depth) * (1 + behind) : 0, true},
                           {"stages", stages * (core.beats > 1 ? 3 : 1) + (core.beats > 1 ? 2 : 0) + (compared ? 2 : 0), true},
                           {"preset words", preset_in_luts ? memory_registers(steps, preset_word) : 0, true},
                           {"preset bases", core.preset && steps.bases && core.beats > 1 ? core.pe : 0, true},
                           {"preset counters", core.preset ? loop(steps.folds) : 0, true}});
  add_operators(f, core, steps.steps > 0, k);
  add_steps(f, steps, core.preset, k);
}

}  // namespace

double different_columns(std::int64_t width, std::int64_t depth) {
  constexpr std::int64_t kManyWords = 40;
  if (depth <= 1) return 0;
  if (depth > kManyWords) return static_cast<double>(width);
  const double contents = std::ldexp(1.0, static_cast<int>(depth));
  return -(contents - 2) * std::expm1(static_cast<double>(width) * std::log1p(-1 / contents));
}

double rom_cells(std::int64_t width, std::int64_t depth, int k) {
  if (depth <= 2) return 0;
  const std::int64_t each = k == 6 ? rom_luts(depth, 1) : rom(1, depth, k);
  return different_columns(width, depth) * static_cast<double>(each);
}

bool product_in_dsp(std::int64_t a, std::int64_t b, int k) {
  constexpr std::int64_t kLeastSide = 2;
  constexpr std::int64_t kLeastProduct = 9;
  return std::min(a, b) >= kLeastSide && (k < 6 || a + b >= kLeastProduct);
}

bool multiplied_in_dsp(const CoreShape& core, int k) {
  constexpr std::int64_t kBipolar = 2;
  if (core.form != CoreForm::kOperators || core.x_kind == kBipolar || core.w_kind == kBipolar) return false;
  // Both are signed there: an unsigned one has a bit more.
  return product_in_dsp(core.x_bits + (core.x_kind == 0 ? 1 : 0), core.w_bits + (core.w_kind == 0 ? 1 : 0), k);
}

std::int64_t step_word(const UnitShape& u) {
  const std::int64_t signs = u.at("StepSigns") == 1 ? u.at("NumThresholds") : u.at("StepSigns") == 2 ? 1 : 0;
  return u.at("Pe", 1) * (u.at("NumThresholds") * u.at("ThrBits", 1) + signs + (u.at("BaseInMem") != 0 ? u.at("OutBits", 1) : 0));
}

std::int64_t step_folds(const UnitShape& u, std::int64_t channels) { return u.at("SharedSteps") != 0 ? 1 : channels / u.at("Pe", 1); }

Formulas threshold(const UnitShape& u, int k) {
  Formulas f{{{"one", 1}}, {{"valid", u.at("Search") != 0 ? 0 : 2, true}}};
  add_steps(f, step_shape(u, u.at("Channels", 1), u.at("XBits", 1), u.at("XSigned") != 0), false, k);
  return f;
}

Formulas mvu(const UnitShape& u, int k) {
  const std::int64_t passes = u.at("Mh", 1) / u.at("Pe", 1);
  const std::int64_t inputs = u.at("Simd", 1) * u.at("XBits", 1);
  const Ring ring = replay_ring({"replay", {{"Width", inputs}, {"Words", u.at("Mw", 1) / u.at("Simd", 1)}, {"Passes", passes}}}, k);
  const bool there = passes > 1;
  const LutRam ram = there && !ring.block ? lut_ram(inputs, ring.slots, k) : LutRam{};
  Formulas f{{{"ring", there},
              {"ring bits", there ? ring.frame_bits + ring.word_bits + ring.pass_bits + ring.address_bits : 0},
              {"memory mux", ram.mux},
              {"memory", ram.cells, true}},
             {{"ring", there ? ring.registers() : 0, true}, {"ring data", there && !ring.block ? inputs : 0, true}}};
  add_arithmetic(f, u, u.at("Groups", 1) * u.at("Mh", 1), k);
  return f;
}

Formulas vvu(const UnitShape& u, int k) {
  Formulas f;
  add_arithmetic(f, u, u.at("Channels", 1), k);
  return f;
}

}  // namespace finnr::terms
