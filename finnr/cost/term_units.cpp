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

Ring replay_ring(const UnitShape& u, int k) {
  constexpr std::int64_t kBank = 64;  // words of LUT RAM
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
  ring.block = goes_to_blocks(u.at("Width", 1), ring.slots, k);
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

/// Extremes or sums of a lane; over a map with a memory of partial results. The larger of two numbers is a finnr_compare and a
/// finnr_choose; a register that keeps the larger one needs no choice but an enable, and in front of a memory the first number is
/// taken as it is. Up to two bits are compared together with that in one LUT, and one bit is an or.
Formulas pool(const UnitShape& u, int k) {
  const std::int64_t lanes = u.at("Lanes", 1);
  const std::int64_t simd = u.at("Simd", 1);
  const std::int64_t inner = u.at("Inner", 1);
  const std::int64_t count = u.at("Count", 1);
  const std::int64_t x = u.at("XBits", 1);
  const std::int64_t each = u.at("OutBits", 1);
  const std::int64_t out = lanes * each;
  const bool sum = u.at("Function") == 1;
  const bool block = u.at("Style") >= kBlockStyle;
  const LutRam ram = inner == 1 || block ? LutRam{} : lut_ram(out, inner, k);
  const std::int64_t pairs = lanes * (simd - 1);
  const std::int64_t chosen = ceil_div(x, 2);
  const std::int64_t taken = compare_cells(x, k) + (x > 2 ? 1 : 0);  // whether the new number is
  const std::int64_t larger = x == 1 ? lanes * tree(simd, k) : pairs * (compare_cells(x, k) + chosen);
  const bool registered = simd > 1 || inner > 1;
  constexpr std::int64_t kSigned = 1;
  // The tool keeps all bits of signed sums, though a tree of a few numbers needs less.
  const std::int64_t tree_bits = u.at("XKind") == kSigned ? each : std::min(each, x + log2_up(simd));
  // An adder has one LUT a bit, and another one that leaves the sum before out of the first addition, unless the new number has fewer
  // bits or comes from a register: then both are one, as where the result is too short for a carry chain.
  constexpr std::int64_t kCarry = 3;
  const std::int64_t masked = u.at("XKind") != 0 && simd == 1 && each >= kCarry ? 1 : 0;
  const bool exact = k == 6;
  return {{{"one", 1},
           {"counters", loop(count) < kCarry ? 0 : counter(count, k)},
           {"short counters", loop(count) < kCarry ? counter(count, k) : 0},
           {"beat counter", counter(inner, k)},
           {"summed bits", sum ? out * (1 + masked) : 0, exact},
           {"larger numbers", sum ? 0 : larger + lanes * (taken + (inner > 1 && x > 1 ? chosen : 0)), exact},
           {"tree of sums", sum ? pairs * x : 0},
           {"memory mux", ram.mux},
           {"passed bits", passed_bits(inner > 1 && block, out, k)},
           {"memory", ram.cells, true}},
          {{"valid", 1, true},
           {"result bits", out, true},
           {"counters", loop(count) + 2 * loop(inner), true},
           {"inputs", inner > 1 ? lanes * x : 0, true},
           {"tree", simd > 1 ? lanes * tree_bits : 0, true},
           {"read bits", inner > 1 && !block ? out : 0, true},
           {"flags", registered ? 3 : 0, true},
           {"passed bits", 2 * passed_bits(inner > 1 && block, out, k), true}}};
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
  const bool padded = u.at("PadTop") > 0 || u.at("PadLeft") > 0;
  // Registers: where is written and up to where may be, the corner of the window and the place in it. With padding rows are places, else
  // they are counted from the window's top; the corner is the place where the kernel has one column, and the row one where it has one row.
  const bool columns = u.at("KW", 1) > tile_w || u.at("Inner", 1) > 1;
  const bool kernel_rows = u.at("KH", 1) > u.at("TileH", 1);
  const std::int64_t near = padded ? y : log2_up(rows + 2);
  const std::int64_t written = x + near * (padded ? 2 : 1);
  const std::int64_t read = x * (columns ? 2 : 1) + near * ((kernel_rows ? 1 : 0) + (padded ? 1 : 0));
  const std::int64_t slots = loop(rows) * ((kernel_rows ? 2 : 1) + (tiled ? 1 : 0));
  const std::int64_t counted = loop(u.at("Inner", 1)) + loop(u.at("KW", 1) / tile_w) +
                               (padded ? loop(u.at("KH", 1) / u.at("TileH", 1)) : 0) + loop(u.at("Groups", 1)) * (tiled ? 2 : 1) +
                               (padded ? 0 : loop(u.at("OH", 1)));
  // Behind the banks a choice among the columns of every row bank, and one among the rows; in front of them whether a place of
  // the tile lies in a column bank or in a row bank, the address in a row bank and in a column bank, from whichever place lies there, and
  // their sum where a bank has more than one row.
  const std::int64_t column_choices = tile_w * memory.row_banks * wide_mux(memory.column_banks, k);
  const std::int64_t row_choices = positions * wide_mux(memory.row_banks, k);
  const std::int64_t deep = ceil_div(u.at("W", 1), memory.column_banks);
  const bool added = memory.words > deep;
  return {{{"one", 1},
           {"place bits", written + read},
           {"slots", slots},
           {"loop bits", counted},
           {"kernel", kernel},
           {"padding", padded},
           {"padded places", padded ? places : 0},
           {"padded bits", padded ? positions * memory.width : 0},
           {"column choices", tiled ? memory.width * column_choices : 0},
           {"row choices", tiled ? memory.width * row_choices : 0},
           {"column addresses", tiled ? memory.column_banks * log2_up(deep) : 0},
           {"column hits", tiled && memory.column_banks > 1 ? memory.column_banks * tile_w : 0},
           {"row hits", tiled && memory.row_banks > 1 ? memory.row_banks * u.at("TileH", 1) : 0},
           {"bank addresses", tiled && added ? memory.banks * log2_up(memory.words) : 0},
           {"tile rows", (u.at("TileH", 1) - 1) * (y + loop(rows))},
           {"tile columns", (tile_w - 1) * x},
           {"padded tile", tiled && padded ? u.at("TileH", 1) * y + tile_w * x : 0},
           {"memory mux", memory.banks * ram.mux},
           {"passed bits", memory.banks * passed_bits(block, memory.width, k)},
           {"memory", memory.banks * ram.cells, true}},
          {{"one", 1},
           {"places", written + read},
           {"slots", slots},
           {"loops", counted},
           {"address bits", tiled ? 0 : log2_up(memory.words)},
           {"row addresses", !tiled && rows > 1 ? rows - 1 : 0},
           {"padding", !padded ? 0
                       : tiled ? u.at("TileH", 1) + tile_w
                               : 1},
           {"bank bits", tiled ? u.at("TileH", 1) * loop(memory.row_banks) + tile_w * loop(memory.column_banks) : 0},
           {"bank data", block ? 0 : memory.banks * memory.width, true},
           {"passed bits", 2 * memory.banks * passed_bits(block, memory.width, k), true}}};
}

}  // namespace finnr::terms
