// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <optional>

#include "finnr/cost/step_columns.h"
#include "finnr/cost/term_shapes.h"

// Thresholds of a unit of their own and of those behind a matrix.
namespace finnr::terms {

/// A number of thresholds a lane, `folds` words of them.
struct StepShape {
  std::int64_t lanes = 1;
  std::int64_t folds = 1;
  std::int64_t steps = 0;
  std::int64_t bits = 1;  ///< of the numbers compared
  bool is_signed = true;  ///< so are they
  std::int64_t threshold_bits = 1;
  std::int64_t out = 1;
  bool search = false;
  bool falling = false;              ///< levels of some channels fall
  bool bases = false;                ///< levels start where the memory says
  bool in_luts = true;               ///< the memory
  std::optional<StepColumns> known;  ///< of a memory in LUTs

  [[nodiscard]] std::int64_t wide() const { return bits > threshold_bits ? bits : threshold_bits; }
};

StepShape step_shape(const UnitShape& u, std::int64_t channels, std::int64_t bits, bool is_signed);

/// LUTs of comparisons of a number with `count` constants that nobody knows: three bits at a time are looked up, whether they equal those
/// of the constant and whether they exceed them, in front of a carry chain. Constants that have three bits in common share what is
/// looked up, so that this is the expected number of different functions that are no wires.
double constant_comparators(const StepShape& s, std::int64_t count);

/// LUTs and registers of a memory of thresholds of `bits` a word, 0 where it lies in blocks. Where the values are known, all memories
/// of the unit together.
double memory_cells(const StepShape& s, std::int64_t bits, int k);
double memory_registers(const StepShape& s, std::int64_t bits);

/// The terms of thresholds; all formulas name the same ones, whichever of them a unit has.
void add_steps(Formulas& f, const StepShape& s, bool preset, int k);

}  // namespace finnr::terms
