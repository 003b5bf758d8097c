// SPDX-License-Identifier: Apache-2.0
// Windows, pools, tables.
#include <algorithm>

#include "finnr/cost/term_shapes.h"
#include "finnr/hardware/machines.h"

namespace finnr::terms {
namespace {

constexpr std::int64_t kBlockStyle = 2;

/// Least banks of which no two of `count` steps of `step` meet.
bool meet(std::int64_t banks, std::int64_t step, std::int64_t count, std::int64_t size) {
  for (std::int64_t n = 1; n < count; ++n) {
    if (n * step < size && n * step % banks == 0) return true;
  }
  return false;
}

}  // namespace

Ring replay_ring(const UnitShape& u) {
  constexpr std::int64_t kBlockBits = 2048;  // the tool fills blocks from about here on
  constexpr std::int64_t kBank = 64;         // words of LUT RAM
  const std::int64_t words = u.at("Words", 1);
  const std::int64_t frames = token::replay_frames(words);
  Ring ring;
  ring.frame_bits = log2_up(frames);
  ring.word_bits = loop(words);
  ring.pass_bits = log2_up(u.at("Passes", 1));
  const std::int64_t spread = ((std::int64_t{1} << ring.frame_bits) - 1) * (std::int64_t{1} << log2_up(words)) + words;
  const bool apart = ceil_div(spread, kBank) == ceil_div(words * frames, kBank);
  ring.slots = apart ? spread : words * frames;
  ring.address_bits = apart ? 0 : log2_up(ring.slots);
  ring.block = u.at("Width", 1) * ring.slots >= kBlockBits;
  return ring;
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
  // A register that keeps the larger number has only to compare; in a tree or in front of a memory one of two is chosen. Up to three
  // bits are compared in a LUT.
  const bool kept = !sum && inner == 1 && simd == 1;
  const bool narrow = x <= 3;
  const std::int64_t chosen = sum ? 0 : (lanes + pairs) * x;
  return {{{"one", 1},
           {"counters", counter(count, k)},
           {"beat counter", counter(inner, k)},
           {"summed bits", sum ? out : 0},
           {"kept maxima", kept ? out : 0},
           {"chosen narrow maxima", !kept && narrow ? chosen : 0},
           {"chosen maxima", !kept && !narrow ? chosen : 0},
           {"tree of sums", sum ? pairs * (x + 1) : 0},
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
  const std::int64_t places = x + y + loop(rows);
  const bool kernel = u.at("KW", 1) * u.at("KH", 1) > positions;
  const std::int64_t loops = loop(u.at("Inner", 1)) + loop(u.at("KW", 1) / tile_w) + loop(u.at("KH", 1) / u.at("TileH", 1)) +
                             loop(u.at("Groups", 1)) + loop(u.at("OW", 1)) + loop(u.at("OH", 1));
  const bool padded = u.at("PadTop") > 0 || u.at("PadLeft") > 0;
  const std::int64_t choices = tile_w * memory.row_banks * mux(memory.column_banks, k) + positions * mux(memory.row_banks, k);
  return {{{"one", 1},
           {"place bits", places},
           {"loop bits", loops},
           {"kernel", kernel},
           {"padding", padded},
           {"padded places", padded ? places : 0},
           {"padded bits", padded ? positions * memory.width : 0},
           {"bank choices", tiled ? memory.width * choices : 0},
           {"bank addresses", tiled ? memory.banks * x : 0},
           {"tile places", tiled ? positions * (x + y) : 0},
           {"memory mux", memory.banks * ram.mux},
           {"memory", memory.banks * ram.cells, true}},
          {{"one", 1},
           {"place bits", places},
           {"loop bits", loops},
           {"kernel", kernel},
           {"padding", padded},
           {"padded places", padded ? places : 0},
           {"address bits", log2_up(memory.words)},
           {"tile places", tiled ? positions : 0},
           {"bank data", block ? 0 : memory.banks * memory.width}}};
}

}  // namespace finnr::terms
