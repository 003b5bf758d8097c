// SPDX-License-Identifier: Apache-2.0
// The units that multiply, and thresholds.
#include <algorithm>
#include <cmath>

#include "finnr/cost/core_cells.h"
#include "finnr/cost/term_shapes.h"
#include "finnr/hardware/memory_cost.h"

namespace finnr::terms {
namespace {

constexpr std::int64_t kBlockStyle = 2;
constexpr std::int64_t kSplitStyle = 4;

/// Columns of a memory that differ: of 2^depth contents two are no memory, and `width` random columns meet some of the others more
/// than once. Equal ones share their LUTs and the registers behind them.
double different_columns(std::int64_t width, std::int64_t depth) {
  constexpr std::int64_t kManyWords = 40;
  if (depth <= 1) return 0;
  if (depth > kManyWords) return static_cast<double>(width);
  const double contents = std::ldexp(1.0, static_cast<int>(depth));
  return -(contents - 2) * std::expm1(static_cast<double>(width) * std::log1p(-1 / contents));
}

/// LUTs of constants in LUTs: two words are the address itself.
double rom_cells(std::int64_t width, std::int64_t depth, int k) {
  if (depth <= 2) return 0;
  const std::int64_t each = k == 6 ? rom_luts(depth, 1) : rom(1, depth, k);
  return different_columns(width, depth) * static_cast<double>(each);
}

/// A number of thresholds a lane, `folds` words of them.
struct StepShape {
  std::int64_t lanes = 1;
  std::int64_t folds = 1;
  std::int64_t steps = 0;
  std::int64_t bits = 1;  ///< of the numbers compared
  std::int64_t threshold_bits = 1;
  std::int64_t out = 1;
  bool search = false;
  bool falling = false;  ///< levels of some channels fall
  bool bases = false;    ///< levels start where the memory says
  bool in_luts = true;   ///< the memory
};

StepShape step_shape(const UnitShape& u, std::int64_t channels, std::int64_t bits) {
  const std::int64_t pe = u.at("Pe", 1);
  return {pe,
          channels / pe,
          u.at("NumThresholds"),
          bits,
          u.at("ThrBits", 1),
          u.at("OutBits", 1),
          u.at("Search") != 0,
          u.at("StepSigns") != 0,
          u.at("BaseInMem") != 0,
          u.at(u.kind == "threshold" ? "MemStyle" : "ThresholdStyle", 1) < kBlockStyle};
}

/// Every threshold of a lane is compared with the input and the hits are counted. With one fold the thresholds are constants, and a
/// level of few bits is looked up.
void add_compared(Formulas& f, const StepShape& s, int k) {
  const std::int64_t wide = std::max(s.bits, s.threshold_bits);
  const std::int64_t compared = s.lanes * s.steps;
  const std::int64_t word = s.lanes * (s.steps * s.threshold_bits + (s.falling ? 1 : 0) + (s.bases ? s.out : 0));
  const bool constant = s.folds == 1;
  constexpr std::int64_t kFew = 3;  // more hits of either sign are added up rather than looked up
  const bool looked_up = constant && s.bits <= k && (!s.falling || s.steps <= kFew);
  f.lut.insert(f.lut.end(), {{"compared bits", constant ? 0 : compared * wide},
                             {"comparators", constant ? 0 : compared},
                             {"bits compared with constants", constant && !looked_up ? compared * wide : 0},
                             {"comparators of constants", constant && !looked_up ? compared : 0},
                             {"looked up levels", looked_up ? s.lanes * s.out : 0},
                             {"counted hits", constant ? 0 : compared - s.lanes},
                             {"falling hits", s.falling && !constant ? compared : 0},
                             {"bases", s.bases && !constant ? s.lanes * s.out : 0},
                             {"threshold memory", s.in_luts ? rom_cells(word, s.folds, k) : 0, true},
                             {"fold counter", counter(s.folds, k)}});
  f.ff.insert(f.ff.end(), {{"threshold input", s.lanes * s.bits, true},
                           {"threshold words", s.in_luts ? different_columns(word, s.folds) : 0, true},
                           {"levels", s.lanes * s.out, true},
                           {"fold counter", s.folds > 1 ? counter_bits(s.folds) : 0, true}});
}

/// A binary search: in each stage one threshold, chosen out of those that the stage may need; of constants that is a memory with the
/// bits found so far as its address.
void add_searched(Formulas& f, const StepShape& s, int k) {
  const std::int64_t wide = std::max(s.bits, s.threshold_bits);
  const std::int64_t stages = log2_up(s.steps + 1);
  const std::int64_t word = s.lanes * s.steps * s.threshold_bits;
  const bool constant = s.folds == 1;
  double looked_up = 0;
  for (std::int64_t stage = 2; constant && stage < stages; ++stage)
    looked_up += static_cast<double>(s.lanes) * rom_cells(s.threshold_bits, std::int64_t{1} << stage, k);
  f.lut.insert(f.lut.end(), {{"search", s.steps > 0},
                             {"searched bits", s.lanes * wide * stages},
                             {"chosen constants", looked_up},
                             {"chosen threshold bits", constant ? 0 : s.lanes * s.threshold_bits * (s.steps - stages)},
                             {"searched levels", s.lanes * s.out * ((s.falling ? 1 : 0) + (s.bases ? 1 : 0))},
                             {"searched memory", s.in_luts ? rom_cells(word, s.folds, k) : 0, true},
                             {"fold counter of a search", counter(s.folds, k)}});
  // Each stage has its input, the bits found before it, and the thresholds it may need; behind the last one are signs and bases.
  double words = s.in_luts ? different_columns(s.lanes * ((s.falling ? 1 : 0) + (s.bases ? s.out : 0)), s.folds) : 0;
  for (std::int64_t stage = 0; s.in_luts && stage < stages; ++stage) {
    const std::int64_t choices = std::min(std::int64_t{1} << stage, s.steps - ((std::int64_t{1} << stage) - 1));
    words += different_columns(s.lanes * choices * s.threshold_bits, s.folds);
  }
  f.ff.insert(f.ff.end(), {{"search", s.steps > 0 ? stages + 1 : 0, true},
                           {"searched input", s.lanes * s.bits * stages, true},
                           {"searched words", words, true},
                           {"found levels", s.lanes * stages * (stages + 1) / 2, true},
                           {"fold counter of a search", s.folds > 1 ? counter_bits(s.folds) * (stages + 1) : 0, true}});
}

/// All formulas name the same terms, whichever of them a unit has.
void add_steps(Formulas& f, const StepShape& s, bool preset, int k) {
  StepShape none = s;
  none.steps = none.lanes = 0;
  none.folds = 1;
  add_compared(f, preset || s.search || s.steps == 0 ? none : s, k);
  add_searched(f, preset || !s.search || s.steps == 0 ? none : s, k);
}

/// What a tool makes of operators: bits counted, added or multiplied, and their sum in a register. Where gates are LUTs nobody takes
/// operators for bipolar operands but a folding file, so that a few syntheses stand for a fit there.
void add_operators(Formulas& f, const CoreShape& core, int k) {
  constexpr std::int64_t kBipolar = 2;
  const bool mine = core.form == CoreForm::kOperators;
  const bool added = mine && !core.xnor() && (core.x_kind == kBipolar || core.w_kind == kBipolar);
  const bool multiplied = mine && !core.xnor() && !added;
  const bool dsp = multiplied_in_dsp(core);
  const bool rare = k == 6;
  const std::int64_t products = core.pe * core.simd;
  const std::int64_t dot =
      std::min(core.sum_bits, core.xnor() ? log2_up(core.simd + 1) : core.x_bits + core.w_bits + 1 + log2_up(core.simd));
  const std::int64_t each = !rare                     ? std::max(core.x_bits, core.w_bits) + 1
                            : core.w_kind == kBipolar ? 3 * core.x_bits + 2
                                                      : 4 * core.w_bits + 12;
  f.lut.insert(f.lut.end(), {{"counted pairs", mine && core.xnor() ? static_cast<double>(products) * (rare ? 3.6 : 1) : 0, rare},
                             {"added bits", added ? products * each : 0, rare},
                             {"product bits", multiplied && !dsp ? products * core.x_bits * core.w_bits : 0},
                             {"product operands", multiplied && !dsp ? products * (core.x_bits + core.w_bits) : 0},
                             {"sums of blocks", dsp ? core.pe * (core.simd - 1) * (core.x_bits + core.w_bits) : 0},
                             {"accumulated bits", mine && core.beats > 1 ? core.pe * core.sum_bits : 0}});
  f.ff.insert(f.ff.end(), {{"dot products", mine && !dsp ? core.pe * dot : 0},
                           {"dot products of blocks", dsp ? core.pe * dot : 0},
                           {"registers of sums", mine ? products * (core.x_bits + core.w_bits) * (core.registers - 1) : 0},
                           {"accumulated bits", mine && core.beats > 1 ? core.pe * core.sum_bits : 0, true}});
}

/// What a matrix and a depthwise unit have in common: weights, core, thresholds. A sum that starts below its one threshold needs
/// no comparison, but its sign may be turned over.
void add_arithmetic(Formulas& f, const UnitShape& u, std::int64_t channels, int k) {
  const CoreShape core = core_shape(u, k);
  const CellCount cells = core_cells(core);
  const StepShape steps = step_shape(u, channels, core.sum_bits);
  const std::int64_t word = core.pe * core.simd * core.w_bits;
  const std::int64_t style = u.at("WeightStyle");
  const RomCost split = style == kSplitStyle ? split_rom(core.depth, word) : RomCost{};
  const bool in_luts = style < kBlockStyle && !core.merged;
  const std::int64_t behind = u.at("Pipeline") > 0 ? 1 : 0;  // registers behind the memory
  const std::int64_t stages = 1 + behind + core.registers;   // a valid bit each, and what is the first and the last of a result
  const bool read_late = behind > 0 && core.depth > 1 && !core.merged;
  const double columns = in_luts ? different_columns(word, core.depth) : 0;
  const bool own_weights = multiplied_in_dsp(core);  // registers of the blocks
  const bool own_inputs = own_weights && (core.per_lane || core.pe == 1);
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
                             {"preset memory", preset_in_luts ? rom_cells(preset_word, steps.folds, k) : 0, true},
                             {"preset counters", core.preset ? counter(steps.folds, k) : 0},
                             {"preset signs", core.preset ? core.pe : 0}});
  f.ff.insert(f.ff.end(), {{"one", 1},
                           {"core", cells.registers, true},
                           {"inputs", own_inputs ? 0 : core.inputs() * (1 + behind), true},
                           {"weights", own_weights ? 0 : columns, true},
                           {"weights of two memories", split.luts > 0 ? word - split.block_bits + halves : 0},
                           {"weights read late", read_late && !own_weights ? (in_luts ? columns : static_cast<double>(word)) : 0, true},
                           {"counters", (core.depth > 1 ? counter_bits(core.depth) : 0) + loop(core.beats), true},
                           {"address bits of constants", core.merged ? counter_bits(core.depth) * (1 + behind) : 0, true},
                           {"stages", stages * (core.beats > 1 ? 3 : 1) + (core.beats > 1 ? 2 : 0) + (compared ? 2 : 0), true},
                           {"preset words", preset_in_luts ? different_columns(preset_word, steps.folds) : 0, true},
                           {"preset bases", core.preset && steps.bases && core.beats > 1 ? core.pe : 0, true},
                           {"preset counters", core.preset ? loop(steps.folds) : 0, true}});
  add_operators(f, core, k);
  add_steps(f, steps, core.preset, k);
}

}  // namespace

bool product_in_dsp(std::int64_t a, std::int64_t b) {
  constexpr std::int64_t kLeastSide = 2;
  constexpr std::int64_t kLeastProduct = 9;
  return std::min(a, b) >= kLeastSide && a + b >= kLeastProduct;
}

bool multiplied_in_dsp(const CoreShape& core) {
  constexpr std::int64_t kBipolar = 2;
  if (core.form != CoreForm::kOperators || core.x_kind == kBipolar || core.w_kind == kBipolar) return false;
  // Both are signed there: an unsigned one has a bit more.
  return product_in_dsp(core.x_bits + (core.x_kind == 0 ? 1 : 0), core.w_bits + (core.w_kind == 0 ? 1 : 0));
}

std::int64_t step_word(const UnitShape& u) {
  const std::int64_t signs = u.at("StepSigns") == 1 ? u.at("NumThresholds") : u.at("StepSigns") == 2 ? 1 : 0;
  return u.at("Pe", 1) * (u.at("NumThresholds") * u.at("ThrBits", 1) + signs + (u.at("BaseInMem") != 0 ? u.at("OutBits", 1) : 0));
}

Formulas threshold(const UnitShape& u, int k) {
  Formulas f{{{"one", 1}}, {{"one", 1}}};
  add_steps(f, step_shape(u, u.at("Channels", 1), u.at("XBits", 1)), false, k);
  return f;
}

Formulas mvu(const UnitShape& u, int k) {
  const std::int64_t passes = u.at("Mh", 1) / u.at("Pe", 1);
  const std::int64_t inputs = u.at("Simd", 1) * u.at("XBits", 1);
  const Ring ring = replay_ring({"replay", {{"Width", inputs}, {"Words", u.at("Mw", 1) / u.at("Simd", 1)}, {"Passes", passes}}});
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
