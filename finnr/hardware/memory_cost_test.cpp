// SPDX-License-Identifier: Apache-2.0
#include "finnr/hardware/memory_cost.h"

#include <gtest/gtest.h>

#include <utility>
#include <vector>

namespace finnr {
namespace {

TEST(MemoryCost, ConstantsInLuts) {
  EXPECT_EQ(rom_luts(1, 100), 0);
  EXPECT_EQ(rom_luts(2, 100), 4) << "two words have four different columns";
  EXPECT_EQ(rom_luts(64, 100), 100);
  EXPECT_EQ(rom_luts(65, 100), 200);
  EXPECT_EQ(rom_luts(256, 10), 40) << "four LUTs meet in the multiplexers of a slice";
  EXPECT_EQ(rom_luts(257, 10), 60);
  EXPECT_EQ(rom_luts(512, 10), 90);
}

TEST(MemoryCost, BlocksInTheirBestShape) {
  EXPECT_EQ(rom_blocks(512, 36), 1);
  EXPECT_EQ(rom_blocks(513, 36), 2);
  EXPECT_EQ(rom_blocks(1024, 36), 2);
  EXPECT_EQ(rom_blocks(512, 37), 2);
  EXPECT_EQ(rom_blocks(16384, 1), 1);
  EXPECT_EQ(rom_blocks(18432, 32), 36);
  EXPECT_EQ(rom_blocks(32768, 8), 16);
}

// What finnr_rom with these parameters takes in Yosys 0.23: 14 RAMB18E1 and 732 LUTs, and 14 and 51.
TEST(MemoryCost, SplitsWhatFillsBlocksBadly) {
  const RomCost tail = split_rom(2304, 128);
  EXPECT_EQ(tail.blocks, 14);
  EXPECT_EQ(tail.block_bits, 126);
  EXPECT_EQ(tail.block_words, 2048);
  EXPECT_EQ(tail.luts, 2 * (36 + 3) + 126 * 4 + 126);
  const RomCost side = split_rom(288, 512);
  EXPECT_EQ(side.blocks, 14);
  EXPECT_EQ(side.block_bits, 504);
  EXPECT_EQ(side.block_words, 288);
  EXPECT_EQ(side.luts, 8 * 6);
}

TEST(MemoryCost, TheCheapest) {
  EXPECT_EQ(cheapest_rom(36, 1024).store, Store::kLutRam);
  EXPECT_EQ(cheapest_rom(144, 512).store, Store::kLutRam);
  EXPECT_EQ(cheapest_rom(288, 512).store, Store::kSplit);
  EXPECT_EQ(cheapest_rom(2304, 128).store, Store::kSplit);
  EXPECT_EQ(cheapest_rom(18432, 32).store, Store::kBlock);
  EXPECT_EQ(cheapest_rom(32768, 4).blocks, 8);
  for (std::int64_t words = 1; words < 40000; words = words * 3 / 2 + 1) {
    for (const std::int64_t bits : {1, 4, 9, 31, 36, 37, 100, 784}) {
      const RomCost cost = cheapest_rom(words, bits);
      EXPECT_LE(kLutsOfBlock * cost.blocks + cost.luts, rom_luts(words, bits)) << words << " x " << bits;
      EXPECT_LE(kLutsOfBlock * cost.blocks + cost.luts, kLutsOfBlock * rom_blocks(words, bits)) << words << " x " << bits;
      EXPECT_EQ(cost.store == Store::kLutRam, cost.blocks == 0);
    }
  }
}

/// Bits that lie in blocks, of the bits that these blocks have.
double fill(const std::vector<std::pair<std::int64_t, std::int64_t>>& stores) {
  std::int64_t used = 0;
  std::int64_t blocks = 0;
  for (const auto& [words, bits] : stores) {
    const RomCost cost = cheapest_rom(words, bits);
    used += cost.block_words * cost.block_bits;
    blocks += cost.blocks;
  }
  return static_cast<double>(used) / (18432.0 * static_cast<double>(blocks));
}

// Weights (words, bits of a word) of three networks; in blocks alone, by depth, CNV fills 74 % and MobileNet 75 %.
TEST(MemoryCost, FillsTheBlocksOfWholeNetworks) {
  // CNV with 1-bit weights, published folding
  EXPECT_GE(fill({{36, 48}, {36, 1024}, {144, 512}, {288, 512}, {2304, 128}, {18432, 32}, {32768, 4}, {32768, 8}, {1024, 5}}), 0.85);
  // LFC, published folding
  EXPECT_GE(fill({{512, 1568}, {512, 2048}, {512, 2048}, {128, 80}}), 0.99);
  // a MobileNet with 4-bit weights, default folding
  EXPECT_GE(fill({{36, 48},   {36, 8},   {32, 16},   {144, 4},  {128, 16},  {144, 8},  {128, 32},  {288, 4},  {512, 16},  {576, 4},
                  {512, 32},  {576, 4},  {2048, 16}, {1152, 4}, {2048, 32}, {1152, 4}, {2048, 32}, {1152, 4}, {2048, 32}, {1152, 4},
                  {2048, 32}, {1152, 4}, {2048, 32}, {1152, 4}, {8192, 16}, {2304, 4}, {8192, 32}, {25600, 4}}),
            0.85);
}

TEST(MemoryCost, MemoriesThatAreWritten) {
  EXPECT_EQ(ram_luts(2, 80), 56);
  EXPECT_EQ(ram_luts(64, 9), 12);
  EXPECT_EQ(cheapest_ram(128, 8), Store::kLutRam);
  EXPECT_EQ(cheapest_ram(64, 1000), Store::kLutRam);
  EXPECT_EQ(cheapest_ram(64, 32), Store::kLutRam);
  EXPECT_EQ(cheapest_ram(360, 32), Store::kBlock);
  EXPECT_EQ(cheapest_ram(2048, 9), Store::kBlock);
}

TEST(MemoryCost, QueuesShiftWhatIsShortAndNarrow) {
  EXPECT_EQ(queue_store(2, 8), Store::kConstant);
  EXPECT_EQ(queue_store(32, 36), Store::kConstant);
  EXPECT_EQ(queue_store(32, 64), Store::kLutRam);
  EXPECT_EQ(queue_store(33, 8), Store::kLutRam);
  EXPECT_EQ(queue_store(600, 2), Store::kLutRam);
  EXPECT_EQ(queue_store(600, 16), Store::kBlock);
}

}  // namespace
}  // namespace finnr
