// SPDX-License-Identifier: Apache-2.0
#include "finnr/hardware/memory_cost.h"

#include <algorithm>
#include <limits>

#include "finnr/base/integers.h"

namespace finnr {
namespace {

/// Words and bits of a block, in each of its shapes.
struct BlockShape {
  std::int64_t words;
  std::int64_t bits;
};
constexpr BlockShape kShapes[] = {{16384, 1}, {8192, 2}, {4096, 4}, {2048, 9}, {1024, 18}, {512, 36}};

/// A split memory must save one part in this many, for the multiplexers and the longer paths of two pieces.
constexpr std::int64_t kSplitGain = 25;

std::int64_t price(const RomCost& cost) { return kLutsOfBlock * cost.blocks + cost.luts; }

}  // namespace

std::int64_t rom_luts(std::int64_t words, std::int64_t bits) {
  if (words <= 1) return 0;  // wires
  const std::int64_t leaves = ceil_div(words, 64);
  const std::int64_t columns = words <= 4 ? std::min(bits, std::int64_t{1} << words) : bits;
  return columns * (leaves + ceil_div(ceil_div(leaves, 4) - 1, 3));
}

std::int64_t rom_blocks(std::int64_t words, std::int64_t bits) {
  std::int64_t least = std::numeric_limits<std::int64_t>::max();
  for (const BlockShape& shape : kShapes) least = std::min(least, ceil_div(words, shape.words) * ceil_div(bits, shape.bits));
  return least;
}

RomCost split_rom(std::int64_t words, std::int64_t bits) {
  RomCost best;
  for (const BlockShape& shape : kShapes) {
    for (const std::int64_t columns : {bits / shape.bits, ceil_div(bits, shape.bits)}) {
      for (const std::int64_t rows : {words / shape.words, ceil_div(words, shape.words)}) {
        if (columns == 0 || rows == 0) continue;
        RomCost cost{Store::kSplit, columns * rows, 0, std::min(bits, columns * shape.bits), std::min(words, rows * shape.words)};
        const std::int64_t tail = words - cost.block_words;
        cost.luts = rom_luts(words, bits - cost.block_bits);
        if (tail > 0) cost.luts += rom_luts(tail, cost.block_bits) + cost.block_bits;  // and the choice between both
        if (best.blocks == 0 || price(cost) < price(best)) best = cost;
      }
    }
  }
  return best;
}

RomCost cheapest_rom(std::int64_t words, std::int64_t bits) {
  const RomCost luts{Store::kLutRam, 0, rom_luts(words, bits), 0, 0};
  const RomCost block{Store::kBlock, rom_blocks(words, bits), 0, bits, words};
  const RomCost split = split_rom(words, bits);
  const RomCost& blocks = kSplitGain * price(split) <= (kSplitGain - 1) * price(block) ? split : block;
  return price(luts) <= price(blocks) ? luts : blocks;
}

std::int64_t ram_luts(std::int64_t words, std::int64_t bits) {
  if (words <= 32) return 4 * ceil_div(bits, 6);
  const std::int64_t banks = ceil_div(words, 64);
  return banks * 4 * ceil_div(bits, 3) + ceil_div(banks - 1, 3) * bits + (banks > 1 ? banks : 0);  // and a decoder of the writes
}

Store cheapest_ram(std::int64_t words, std::int64_t bits) {
  return ram_luts(words, bits) <= kRamLutsOfBlock * rom_blocks(words, bits) ? Store::kLutRam : Store::kBlock;
}

Store queue_store(std::int64_t depth, std::int64_t bits) {
  constexpr std::int64_t kPointers = 12;  // LUTs of two pointers and a count beyond those of a place to read
  if (depth <= kShiftedWords && bits <= ram_luts(depth, bits) + kPointers) return Store::kConstant;
  return cheapest_ram(depth, bits);
}

}  // namespace finnr
