// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <span>
#include <string_view>
#include <vector>

#include "finnr/cost/unit_shape.h"
#include "finnr/hardware/cost.h"

namespace finnr {

/// One summand of a formula before its constant: what it counts, and how many of it a unit has.
struct Term {
  std::string_view name;
  double value = 0;
  bool exact = false;  ///< the constant is 1
};
using Terms = std::vector<Term>;

/// LUTs of a unit are sum of constant * term, with LUTs of `inputs` inputs, and so are its flip-flops. Where each term comes from
/// stands beside it (terms.cpp) and in docs/estimate.md; the constants are fitted to samples. Kinds without logic have none.
struct UnitTerms {
  Terms lut;
  Terms ff;
  Cost blocks;  ///< block_cost()
};
UnitTerms unit_terms(const UnitShape& shape, int inputs);

/// The kinds of units that there are formulas for: all of kind_name().
std::span<const std::string_view> costed_kinds();

/// Memory blocks, ultra RAMs and DSP blocks, and the LUTs and flip-flops behind deep memories of blocks: exact rules, no constants.
Cost block_cost(const UnitShape& shape, int inputs);

}  // namespace finnr
