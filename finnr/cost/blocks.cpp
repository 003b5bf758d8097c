// SPDX-License-Identifier: Apache-2.0
// Memory blocks, ultra RAMs and DSP blocks of a unit: what its parameters ask for, as the tool lays it out.
#include <algorithm>
#include <array>
#include <limits>

#include "finnr/base/integers.h"
#include "finnr/cost/core_cells.h"
#include "finnr/cost/term_shapes.h"
#include "finnr/cost/terms.h"
#include "finnr/hardware/memory_cost.h"

namespace finnr {
namespace {

constexpr std::int64_t kBlock = 2;
constexpr std::int64_t kUltra = 3;
constexpr std::int64_t kSplit = 4;

/// What an input of a multiplexer beyond the first costs where the tool compares memories.
constexpr double kMultiplexed = 0.5;

/// A memory in blocks: how many of 18 Kb, and in how many parts its words lie side by side in them.
struct Layout {
  std::int64_t blocks = 0;
  std::int64_t parts = 1;
  double price = 0;  ///< that the tool compares
};

/// Of a memory with one port for each direction: whole blocks of 18 Kb or of 36 Kb (two), all in one of their shapes. A memory deeper
/// than the shape is a wide one of its depth, with all parts side by side and a multiplexer behind. The tool takes what costs the
/// least: 129 a block of 18 Kb, 257 a block of 36 Kb, and a half for every input of a multiplexer beyond the first (Yosys, memory_libmap
/// with the costs of its libraries of block RAM).
Layout layout(std::int64_t width, std::int64_t depth, int inputs) {
  struct Shape {
    std::int64_t depth;
    std::int64_t width;
    std::int64_t blocks;
    double price;
  };
  static constexpr std::array<Shape, 13> kXilinx = {{{512, 36, 1, 129},
                                                     {1024, 18, 1, 129},
                                                     {2048, 9, 1, 129},
                                                     {4096, 4, 1, 129},
                                                     {8192, 2, 1, 129},
                                                     {16384, 1, 1, 129},
                                                     {512, 72, 2, 257},
                                                     {1024, 36, 2, 257},
                                                     {2048, 18, 2, 257},
                                                     {4096, 9, 2, 257},
                                                     {8192, 4, 2, 257},
                                                     {16384, 2, 2, 257},
                                                     {32768, 1, 2, 257}}};
  static constexpr std::array<Shape, 6> kEcp5 = {
      {{512, 36, 1, 128}, {1024, 18, 1, 128}, {2048, 9, 1, 128}, {4096, 4, 1, 128}, {8192, 2, 1, 128}, {16384, 1, 1, 128}}};
  Layout best{0, 1, std::numeric_limits<double>::max()};
  const auto look = [&](const auto& shapes) {
    for (const Shape& s : shapes) {
      const std::int64_t parts = ceil_div(depth, s.depth);
      const std::int64_t count = ceil_div(parts * width, s.width);
      const double price = s.price * static_cast<double>(count) + kMultiplexed * static_cast<double>((parts - 1) * width);
      if (price < best.price) best = {count * s.blocks, parts, price};
    }
  };
  if (inputs == 6) {
    look(kXilinx);
  } else {
    look(kEcp5);
  }
  return best;
}

/// A memory in the style that the unit asks for; blocks with the multiplexer behind them and the address that it keeps.
void add_memory(Cost& cost, std::int64_t style, std::int64_t width, std::int64_t depth, int inputs) {
  constexpr std::int64_t kUltraWidth = 72;
  constexpr std::int64_t kUltraDepth = 4096;
  if (style == kBlock) {
    const Layout memory = layout(width, depth, inputs);
    cost.bram18 += memory.blocks;
    cost.lut += width * terms::mux(memory.parts, inputs);
    cost.ff += terms::log2_up(memory.parts);
  }
  if (style == kSplit) cost.bram18 += split_rom(depth, width).blocks;
  if (style == kUltra) cost.uram += ceil_div(width, kUltraWidth) * ceil_div(depth, kUltraDepth);
}

/// The memory of thresholds; of a split one also the words and bits in LUTs and their registers, which those of weights have as terms.
void add_steps(Cost& cost, const UnitShape& u, std::int64_t style, std::int64_t folds, int inputs) {
  const std::int64_t word = terms::step_word(u);
  add_memory(cost, style, word, folds, inputs);
  if (style != kSplit) return;
  const RomCost split = split_rom(folds, word);
  cost.lut += split.luts;
  cost.ff += word - split.block_bits + (split.block_words < folds ? split.block_bits : 0);
}

void add_ring(Cost& cost, const UnitShape& ring, int inputs) {
  const terms::Ring memory = terms::replay_ring(ring, inputs);
  if (ring.at("Passes", 1) > 1 && memory.block) add_memory(cost, kBlock, ring.at("Width", 1), memory.slots, inputs);
}

void add_matrix(Cost& cost, const UnitShape& u, int inputs) {
  const CoreShape core = core_shape(u, inputs);
  cost.dsp += core_slices(core);
  if (terms::multiplied_in_dsp(core, inputs)) cost.dsp += core.pe * core.simd;
  add_memory(cost, u.at("WeightStyle"), core.pe * core.simd * core.w_bits, core.depth, inputs);
}

}  // namespace

bool terms::goes_to_blocks(std::int64_t width, std::int64_t depth, int inputs) {
  const bool xilinx = inputs == 6;
  const double of_lut = xilinx ? 2 : 4.0 / 6;  // the tool's price of a LUT that is memory; of an ECP5 six have 4
  const auto luts = static_cast<double>(lut_ram(width, depth, inputs).cells);
  const double price = of_lut * luts + kMultiplexed * static_cast<double>((ceil_div(depth, lut_bank(inputs)) - 1) * width);
  return layout(width, depth, inputs).price < price;
}

Cost block_cost(const UnitShape& u, int inputs) {
  Cost cost;
  if (u.kind == "fifo") add_memory(cost, u.at("Style"), u.at("Width", 1), u.at("Depth", 1), inputs);
  if (u.kind == "replay") add_ring(cost, u, inputs);
  if (u.kind == "permute") {
    add_memory(cost, u.at("Style"), u.at("Width", 1), 2 * u.at("InBeats", 1), inputs);
    add_memory(cost, u.at("IndexStyle"), terms::counter_bits(u.at("InBeats", 1)), u.at("OutBeats", 1), inputs);
  }
  if (u.kind == "pool" && u.at("Inner", 1) > 1)
    add_memory(cost, u.at("Style"), u.at("Lanes", 1) * u.at("OutBits", 1), u.at("Inner", 1), inputs);
  if (u.kind == "window") {
    const terms::WindowMemory memory = terms::window_memory(u);
    Cost bank;
    add_memory(bank, u.at("Style"), memory.width, memory.words, inputs);
    cost += memory.banks * bank;
  }
  if (u.kind == "join" && terms::joined_in_dsp(u, inputs)) cost.dsp += u.at("Lanes", 1);
  if (u.kind == "mvu") {
    add_ring(cost,
             {"replay",
              {{"Width", u.at("Simd", 1) * u.at("XBits", 1)},
               {"Words", u.at("Mw", 1) / u.at("Simd", 1)},
               {"Passes", u.at("Mh", 1) / u.at("Pe", 1)}}},
             inputs);
  }
  if (u.kind == "mvu" || u.kind == "vvu") {
    add_matrix(cost, u, inputs);
    const std::int64_t channels = u.kind == "vvu" ? u.at("Channels", 1) : u.at("Groups", 1) * u.at("Mh", 1);
    if (u.at("NumThresholds") > 0) add_steps(cost, u, u.at("ThresholdStyle", 1), terms::step_folds(u, channels), inputs);
  }
  if (u.kind == "threshold") add_steps(cost, u, u.at("MemStyle", 1), terms::step_folds(u, u.at("Channels", 1)), inputs);
  return cost;
}

}  // namespace finnr
