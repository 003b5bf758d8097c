// SPDX-License-Identifier: Apache-2.0
// The units that compute: windows, pools, thresholds, matrices.
#include <algorithm>

#include "finnr/cost/term_shapes.h"
#include "finnr/hardware/memory_cost.h"

namespace finnr::terms {
namespace {

constexpr std::int64_t kLutCore = 1;
constexpr std::int64_t kBlockStyle = 2;
constexpr std::int64_t kSplitStyle = 4;
constexpr std::int64_t kBipolar = 2;

/// Least banks of which no two of `count` steps of `step` meet.
bool meet(std::int64_t banks, std::int64_t step, std::int64_t count, std::int64_t size) {
  for (std::int64_t n = 1; n < count; ++n) {
    if (n * step < size && n * step % banks == 0) return true;
  }
  return false;
}

/// Bits of a loop of n rounds, none for one.
std::int64_t loop(std::int64_t n) { return n > 1 ? log2_up(n) : 0; }

/// Number of thresholds, and whether every channel has its own.
struct StepShape {
  std::int64_t lanes = 1;
  std::int64_t folds = 1;
  std::int64_t steps = 0;
  std::int64_t bits = 1;  ///< of the numbers compared
  std::int64_t threshold_bits = 1;
  std::int64_t out = 1;
  bool search = false;
};

/// Every threshold of a lane is compared with the input and the hits are counted; or, searched, one threshold in each of so many
/// stages, chosen out of those the stage may need. With one fold the thresholds are constants.
void add_steps(Formulas& f, const StepShape& s, int k) {
  const std::int64_t wide = std::max(s.bits, s.threshold_bits);
  const bool there = s.steps > 0;
  const std::int64_t stages = log2_up(s.steps + 1);
  const std::int64_t compared = !there ? 0 : s.lanes * wide * (s.search ? stages : s.steps);
  const std::int64_t word = s.lanes * s.steps * s.threshold_bits;
  const bool constant = s.folds == 1;
  std::int64_t chosen = 0;  // thresholds that the stages choose among
  for (std::int64_t i = 0; i < stages; ++i) chosen += mux(std::int64_t{1} << i, k);
  f.lut.insert(f.lut.end(), {{"compared bits", constant ? 0 : compared},
                             {"compared with constants", constant ? compared : 0},
                             {"counted hits", there && !s.search ? s.lanes * (s.steps - s.out) : 0},
                             {"chosen threshold bits", s.search && !constant ? s.lanes * s.threshold_bits * chosen : 0},
                             {"threshold memory", rom(word, s.folds, k), true},
                             {"fold counter", there ? counter(s.folds, k) : 0}});
  f.ff.insert(f.ff.end(), {{"threshold input", there ? s.lanes * s.bits * (s.search ? stages : 1) : 0},
                           {"threshold words", there && !constant ? word : 0},
                           {"levels", there ? s.lanes * (s.search ? stages * stages : s.out) : 0},
                           {"fold counter", there && s.folds > 1 ? counter_bits(s.folds) * (s.search ? stages + 1 : 1) : 0}});
}

/// What a matrix and a depthwise unit have in common: weights, products, sums, thresholds.
void add_arithmetic(Formulas& f, const UnitShape& u, std::int64_t channels, std::int64_t beats, std::int64_t inputs, int k) {
  const std::int64_t pe = u.at("Pe", 1);
  const std::int64_t simd = u.at("Simd", 1);
  const std::int64_t x = u.at("XBits", 1);
  const std::int64_t w = u.at("WBits", 1);
  const bool x_sign = u.at("XKind") == kBipolar;
  const bool w_sign = u.at("WKind") == kBipolar;
  const bool counted = x_sign && w_sign;
  const bool added = x_sign != w_sign;
  const std::int64_t products = pe * simd;
  const bool dsp = !counted && !added && u.at("Core") != kLutCore && product_in_dsp(x, w);
  const std::int64_t depth = channels / pe * beats;
  const std::int64_t dot = std::min(u.at("AccBits", 1), counted ? log2_up(simd + 1) : x + w + 1 + log2_up(simd));
  const bool in_luts = u.at("WeightStyle") < kBlockStyle;
  const bool split = u.at("WeightStyle") == kSplitStyle;
  const std::int64_t accumulated = beats > 1 ? pe * u.at("AccBits", 1) : 0;
  f.lut.insert(f.lut.end(), {{"one", 1},
                             {"counted pairs", counted ? products : 0},
                             {"added bits", added ? products * (std::max(x, w) + 1) : 0},
                             {"added operands", added ? products : 0},
                             {"product bits", !counted && !added && !dsp ? products * x * w : 0},
                             {"product operands", !counted && !added && !dsp ? products * (x + w) : 0},
                             {"sums of blocks", dsp ? pe * (simd - 1) * (x + w) : 0},
                             {"accumulated bits", accumulated},
                             {"weight memory",
                              in_luts ? rom(products * w, depth, k)
                              : split ? split_rom(depth, products * w).luts
                                      : 0,
                              true},
                             {"weight address", counter(depth, k)}});
  f.ff.insert(f.ff.end(), {{"one", 1},
                           {"inputs", inputs},
                           {"weights", in_luts && depth > 1 ? products * w : 0},
                           {"dot products", pe * dot},
                           {"accumulated bits", accumulated},
                           {"counters", (depth > 1 ? counter_bits(depth) : 0) + loop(beats)}});
  const StepShape steps{
      pe, channels / pe, u.at("NumThresholds"), u.at("AccBits", 1), u.at("ThrBits", 1), u.at("OutBits", 1), u.at("Search") != 0};
  add_steps(f, steps, k);
}

}  // namespace

bool product_in_dsp(std::int64_t a, std::int64_t b) {
  constexpr std::int64_t kLeastSide = 2;
  constexpr std::int64_t kLeastProduct = 9;
  return std::min(a, b) >= kLeastSide && a + b >= kLeastProduct;
}

Ring replay_ring(const UnitShape& u) {
  const std::int64_t words = u.at("Words", 1);
  const std::int64_t frames = words >= 4 ? 2 : words == 3 ? 3 : words == 2 ? 4 : 8;
  constexpr std::int64_t kBlockBits = 2048;  // the tool fills blocks from about here on
  return {words * frames, u.at("Width", 1) * words * frames >= kBlockBits};
}

WindowMemory window_memory(const UnitShape& u) {
  WindowMemory memory;
  const std::int64_t rows = u.at("Rows", 1);
  if (u.at("TileH", 1) * u.at("TileW", 1) > 1) {
    while (rows % memory.row_banks != 0 || meet(memory.row_banks, u.at("DilationH", 1), u.at("TileH", 1), rows)) ++memory.row_banks;
    while (meet(memory.column_banks, u.at("DilationW", 1), u.at("TileW", 1), u.at("W", 1))) memory.column_banks *= 2;
  }
  memory.banks = memory.row_banks * memory.column_banks;
  memory.words = ceil_div(rows * u.at("W", 1) * u.at("Groups", 1) * u.at("Inner", 1), memory.banks);
  memory.width = u.at("Lanes", 1) * u.at("ElementBits", 1);
  return memory;
}

/// Extremes or sums of a lane; over a map with a memory of partial results.
Formulas pool(const UnitShape& u, int k) {
  const std::int64_t lanes = u.at("Lanes", 1);
  const std::int64_t simd = u.at("Simd", 1);
  const std::int64_t inner = u.at("Inner", 1);
  const std::int64_t count = u.at("Count", 1);
  const std::int64_t x = u.at("XBits", 1);
  const std::int64_t out = lanes * u.at("OutBits", 1);
  const bool sum = u.at("Function") == 1;
  const bool block = u.at("Style") >= kBlockStyle;
  const LutRam ram = inner == 1 || block ? LutRam{} : lut_ram(out, inner, k);
  const std::int64_t pairs = lanes * (simd - 1);
  return {{{"one", 1},
           {"counters", counter(count, k)},
           {"beat counter", counter(inner, k)},
           {"summed bits", sum ? out : 0},
           {"compared bits", sum ? 0 : out},
           {"tree of sums", sum ? pairs * (x + 1) : 0},
           {"tree of maxima", sum ? 0 : pairs * x},
           {"memory mux", ram.mux},
           {"memory", ram.cells, true}},
          {{"one", 1},
           {"result bits", out},
           {"counters", loop(count) + 2 * loop(inner)},
           {"inputs", inner > 1 ? lanes * x : 0},
           {"tree", simd > 1 ? lanes * std::min(u.at("OutBits", 1), x + log2_up(simd)) : 0},
           {"read bits", inner > 1 && !block ? out : 0},
           {"flags", simd > 1 || inner > 1}}};
}

Formulas threshold(const UnitShape& u, int k) {
  Formulas f{{{"one", 1}}, {{"one", 1}}};
  add_steps(f,
            {u.at("Pe", 1), u.at("Channels", 1) / u.at("Pe", 1), u.at("NumThresholds", 1), u.at("XBits", 1), u.at("ThrBits", 1),
             u.at("OutBits", 1), u.at("Search") != 0},
            k);
  return f;
}

/// A memory of codes for every lane.
Formulas table(const UnitShape& u, int k) {
  const std::int64_t pe = u.at("Pe", 1);
  const std::int64_t folds = u.at("PerChannel") != 0 ? u.at("Channels", 1) / pe : 1;
  return {{{"one", 1}, {"memory", pe * rom(u.at("OutBits", 1), folds << u.at("XBits", 1), k)}, {"fold counter", counter(folds, k)}},
          {{"one", 1}, {"data", pe * u.at("OutBits", 1)}, {"fold counter", folds > 1 ? counter_bits(folds) : 0}}};
}

/// Loop counters, the places of what is written, of the corner and of the pixel, and a ring of rows; with a tile in banks, and
/// multiplexers behind them.
Formulas window(const UnitShape& u, int k) {
  const std::int64_t tile_w = u.at("TileW", 1);
  const std::int64_t positions = u.at("TileH", 1) * tile_w;
  const bool tiled = positions > 1;
  const std::int64_t rows = u.at("Rows", 1);
  const WindowMemory memory = window_memory(u);
  const bool block = u.at("Style") >= kBlockStyle;
  const LutRam ram = block ? LutRam{} : lut_ram(memory.width, memory.words, k);
  // Columns and rows are counted from a zero far enough above the padding.
  const std::int64_t beats = tiled ? 1 : u.at("Groups", 1) * u.at("Inner", 1);
  const std::int64_t left = floor_div(-u.at("PadLeft"), u.at("UpW", 1));
  const std::int64_t top = floor_div(-u.at("PadTop"), u.at("UpH", 1));
  const std::int64_t right =
      floor_div((u.at("OW", 1) - 1) * u.at("StrideW", 1) + (u.at("KW", 1) - 1) * u.at("DilationW", 1) - u.at("PadLeft"), u.at("UpW", 1));
  const std::int64_t bottom =
      floor_div((u.at("OH", 1) - 1) * u.at("StrideH", 1) + (u.at("KH", 1) - 1) * u.at("DilationH", 1) - u.at("PadTop"), u.at("UpH", 1));
  const std::int64_t x = log2_up(std::max<std::int64_t>(0, -left * beats) + std::max(right * beats + beats - 1, u.at("W", 1) * beats) + 1);
  const std::int64_t y = log2_up(std::max(u.at("H", 1), -top) + std::max(bottom + 1, u.at("H", 1) + rows) + 1);
  const std::int64_t places = 3 * x + 4 * y + 2 * loop(rows);
  const std::int64_t loops = loop(u.at("Inner", 1)) + loop(u.at("KW", 1) / tile_w) + loop(u.at("KH", 1) / u.at("TileH", 1)) +
                             loop(u.at("Groups", 1)) + loop(u.at("OW", 1)) + loop(u.at("OH", 1));
  const bool padded = u.at("PadTop") > 0 || u.at("PadLeft") > 0;
  const std::int64_t choices = tile_w * memory.row_banks * mux(memory.column_banks, k) + positions * mux(memory.row_banks, k);
  return {{{"one", 1},
           {"place bits", places},
           {"loop bits", loops},
           {"padded bits", padded ? positions * memory.width : 0},
           {"bank choices", tiled ? memory.width * choices : 0},
           {"bank addresses", tiled ? memory.banks * x : 0},
           {"tile places", tiled ? positions * (x + y) : 0},
           {"memory mux", memory.banks * ram.mux},
           {"memory", memory.banks * ram.cells, true}},
          {{"one", 1},
           {"place bits", places},
           {"loop bits", loops},
           {"address bits", log2_up(memory.words)},
           {"tile places", tiled ? positions : 0},
           {"bank data", block ? 0 : memory.banks * memory.width}}};
}

Formulas mvu(const UnitShape& u, int k) {
  const std::int64_t words = u.at("Mw", 1) / u.at("Simd", 1);
  const std::int64_t passes = u.at("Mh", 1) / u.at("Pe", 1);
  const std::int64_t inputs = u.at("Simd", 1) * u.at("XBits", 1);
  const UnitShape ring_shape{"replay", {{"Width", inputs}, {"Words", words}, {"Passes", passes}}};
  const Ring ring = replay_ring(ring_shape);
  const bool there = passes > 1;
  const LutRam ram = there && !ring.block ? lut_ram(inputs, ring.slots, k) : LutRam{};
  const std::int64_t slots = there ? log2_up(ring.slots) : 0;
  const std::int64_t places = there ? 5 * slots + loop(words) + log2_up(passes) : 0;
  Formulas f{{{"ring", there}, {"ring bits", places}, {"memory mux", ram.mux}, {"memory", ram.cells, true}},
             {{"ring", there}, {"ring bits", places}, {"ring data", there && !ring.block ? inputs : 0}}};
  add_arithmetic(f, u, u.at("Groups", 1) * u.at("Mh", 1), words, inputs, k);
  return f;
}

Formulas vvu(const UnitShape& u, int k) {
  Formulas f;
  add_arithmetic(f, u, u.at("Channels", 1), u.at("K", 1) / u.at("Simd", 1), u.at("Pe", 1) * u.at("Simd", 1) * u.at("XBits", 1), k);
  return f;
}

}  // namespace finnr::terms
