// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>

#include "finnr/hardware/design.h"

namespace finnr {

/// What a memory of constants takes when it lies in blocks of 18 Kbit, in LUTs of 6 inputs, or partly in each.
struct RomCost {
  Store store = Store::kLutRam;  ///< kLutRam, kBlock or kSplit
  std::int64_t blocks = 0;       ///< of 18 Kbit
  std::int64_t luts = 0;
  std::int64_t block_bits = 0;   ///< of a word that lie in blocks
  std::int64_t block_words = 0;  ///< whose low bits lie there; those behind are LUTs
};

/// LUTs that one block is worth: a device of the 7 series has 150 to 230 for each of its 18-Kbit blocks.
inline constexpr std::int64_t kLutsOfBlock = 190;

/// The same for LUTs that are written: a third to a half of a device's LUTs can be memory.
inline constexpr std::int64_t kRamLutsOfBlock = 100;

/// Constants in LUTs: a LUT holds 64 words of one bit, four of them meet in the multiplexers of a slice, and up to four such
/// results in another LUT. Words few enough that columns must be equal share them.
std::int64_t rom_luts(std::int64_t words, std::int64_t bits);

/// Blocks alone: words x bits in the best of 16Kx1, 8Kx2, 4Kx4, 2Kx9, 1Kx18 and 512x36.
std::int64_t rom_blocks(std::int64_t words, std::int64_t bits);

/// The split of Store::kSplit, by the rule of finnr_rom: whole blocks of one shape for as much as fills them well, LUTs for
/// the bits and words that are left.
RomCost split_rom(std::int64_t words, std::int64_t bits);

/// The cheapest of all three; a split one only where it saves 4 %.
RomCost cheapest_rom(std::int64_t words, std::int64_t bits);

/// A memory that is written while it runs, one port for writing and one for reading, in LUTs: four of them hold 32 words of 6 bits
/// or 64 of 3; several such banks meet in multiplexers.
std::int64_t ram_luts(std::int64_t words, std::int64_t bits);

/// kLutRam or kBlock, whichever is cheaper.
Store cheapest_ram(std::int64_t words, std::int64_t bits);

/// Words of a shift register, a LUT for each of their bits.
inline constexpr std::int64_t kShiftedWords = 32;

/// Where a queue keeps its beats: as cheapest_ram has it, but kConstant, shift registers, for up to 32 beats that are not so wide that
/// LUT RAM with its two pointers is smaller (rtl/finnr_fifo.sv).
Store queue_store(std::int64_t depth, std::int64_t bits);

}  // namespace finnr
