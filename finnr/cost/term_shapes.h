// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <bit>
#include <cstdint>
#include <string_view>
#include <type_traits>
#include <vector>

#include "finnr/base/integers.h"
#include "finnr/cost/core_cells.h"
#include "finnr/cost/terms.h"
#include "finnr/cost/unit_shape.h"

// Pieces that the formulas of units have in common.
namespace finnr::terms {

/// A term whose value is any number or a condition.
struct Count {
  std::string_view name;
  double value = 0;
  bool exact = false;

  template <class N>
  requires std::is_arithmetic_v<N> Count(std::string_view what, N number, bool is_exact = false)
      : name(what), value(static_cast<double>(number)), exact(is_exact) {}
};

/// The terms of a unit's LUTs and flip-flops.
struct Formulas {
  std::vector<Count> lut;
  std::vector<Count> ff;
};

/// Bits that hold 0 .. n - 1: ceil(log2(n)).
constexpr std::int64_t log2_up(std::int64_t n) { return n > 1 ? std::bit_width(static_cast<std::uint64_t>(n - 1)) : 0; }

/// Bits of a counter of n values, at least 1.
constexpr std::int64_t counter_bits(std::int64_t n) { return n > 2 ? log2_up(n) : 1; }

/// Bits of a loop of n rounds, none for one.
constexpr std::int64_t loop(std::int64_t n) { return n > 1 ? log2_up(n) : 0; }

/// LUTs of k inputs that make one bit of n.
constexpr std::int64_t tree(std::int64_t n, int k) { return n > 1 ? ceil_div(n - 1, k - 1) : 0; }

/// LUTs of a counter of n values that wraps around, as terms count them: its bits, and the comparison with its end.
constexpr std::int64_t counter(std::int64_t n, int k) { return n > 1 ? counter_bits(n) + tree(counter_bits(n) + 1, k) : 0; }

/// LUTs of one bit chosen out of n: three more inputs a LUT of 6, one more a LUT of 4.
constexpr std::int64_t mux(std::int64_t n, int k) { return n > 1 ? ceil_div(n - 1, k < 6 ? 1 : 3) : 0; }

/// LUTs of k inputs of a choice that takes `tree` LUTs as a tree, or fewer where selects and columns are so few `inputs` together that LUTs
/// read all of them.
constexpr std::int64_t choice_luts(std::int64_t tree, std::int64_t inputs, int k) {
  constexpr std::int64_t kMany = 12;
  if (inputs >= kMany) return tree;
  const std::int64_t read = inputs <= k ? 1 : std::int64_t{1} << (inputs - k);
  return tree < read ? tree : read;
}

/// As mux, where the multiplexers of a slice of LUTs of 6 inputs join up to four of them, of four inputs each.
constexpr std::int64_t wide_mux(std::int64_t n, int k) { return n > 1 && k == 6 ? ceil_div(n, 4) : mux(n, k); }

/// LUTs of an adder of an ECP5, whose carry cells have two bits and count as two LUTs.
constexpr std::int64_t carried(std::int64_t bits) { return 2 * ceil_div(bits, 2); }

/// LUTs of a finnr_compare; with LUTs of 4 inputs it is an operator.
constexpr std::int64_t compare_cells(std::int64_t bits, int k) { return k < 6 ? bits : bits <= 3 ? 1 : ceil_div(bits, 2); }

/// LUTs that are memory, and those that choose among its banks. Four LUTs of 6 inputs are 32 words of 6 bits or 64 of 3; of an ECP5
/// six hold 16 words of 4.
struct LutRam {
  std::int64_t cells = 0;
  std::int64_t mux = 0;
};
constexpr std::int64_t lut_bank(int k) { return k < 6 ? 16 : 64; }  ///< most words
constexpr LutRam lut_ram(std::int64_t width, std::int64_t depth, int k) {
  const std::int64_t banks = ceil_div(depth, lut_bank(k));
  if (k < 6) return {banks * 6 * ceil_div(width, 4), width * mux(banks, k)};
  if (depth <= 32) return {4 * ceil_div(width, 6), 0};
  return {banks * 4 * ceil_div(width, 3), width * mux(banks, k)};
}

/// A word that is written while it is read: a block of an ECP5 gives none that is defined, so that the tool builds a way around it for
/// every memory that does not say that this never happens, of two registers and a multiplexer a bit.
constexpr std::int64_t passed_bits(bool block, std::int64_t width, int k) { return block && k < 6 ? width : 0; }

/// LUTs of constants: a bit of 2^k words is one, and there are no more different bits than words allow.
constexpr std::int64_t rom(std::int64_t width, std::int64_t depth, int k) {
  if (depth <= 1) return 0;
  const std::int64_t different = depth < 6 ? std::int64_t{1} << depth : width;
  return (width < different ? width : different) * ceil_div(depth, std::int64_t{1} << k);
}

/// Columns of a memory that differ: of 2^depth contents two are no memory, and `width` random columns meet some of the others more
/// than once. Equal ones share their LUTs and the registers behind them.
double different_columns(std::int64_t width, std::int64_t depth);

/// LUTs of constants in LUTs: two words are the address itself.
double rom_cells(std::int64_t width, std::int64_t depth, int k);

/// Whether the tool takes a DSP block for a product of these bits: for an ECP5 it takes one as soon as both have two.
bool product_in_dsp(std::int64_t a, std::int64_t b, int k);

/// The same of the products of a join.
bool joined_in_dsp(const UnitShape& u, int k);

/// Whether a core is operators whose products the tool puts into DSP blocks, together with the registers of operands that nothing else
/// reads.
bool multiplied_in_dsp(const CoreShape& core, int k);

/// Bits of a word of the threshold memory of a unit: thresholds, signs and bases of its lanes.
std::int64_t step_word(const UnitShape& u);

/// Its words: one for each beat of `channels` channels, or one for all.
std::int64_t step_folds(const UnitShape& u, std::int64_t channels);

/// The memory of a replay unit: its slots, whether they are blocks, and the bits of what counts there (finnr_replay).
struct Ring {
  std::int64_t slots = 1;
  bool block = false;
  std::int64_t frame_bits = 0;
  std::int64_t word_bits = 0;
  std::int64_t pass_bits = 0;
  std::int64_t address_bits = 0;  ///< none where frame and word are the address

  /// Registers but for the data read.
  [[nodiscard]] std::int64_t registers() const { return 2 * (frame_bits + 1 + word_bits) + pass_bits + 3 * address_bits + 1; }
};
Ring replay_ring(const UnitShape& u, int k);

/// Whether the tool puts a memory that is written, one port for each direction, into blocks or into LUTs where it may choose.
bool goes_to_blocks(std::int64_t width, std::int64_t depth, int inputs);

/// The ring of rows of a window unit: one memory, or with a tile so many row and column banks.
struct WindowMemory {
  std::int64_t row_banks = 1;
  std::int64_t column_banks = 1;
  std::int64_t banks = 1;
  std::int64_t words = 1;  ///< of a bank
  std::int64_t width = 1;
};
WindowMemory window_memory(const UnitShape& u);

/// Formulas of matrices and thresholds (term_matrices.cpp), of windows, pools and tables (term_units.cpp), and of the others (terms.cpp).
Formulas pool(const UnitShape& u, int k);
Formulas threshold(const UnitShape& u, int k);
Formulas table(const UnitShape& u, int k);
Formulas window(const UnitShape& u, int k);
Formulas mvu(const UnitShape& u, int k);
Formulas vvu(const UnitShape& u, int k);

}  // namespace finnr::terms
