// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <optional>
#include <vector>

#include "finnr/explore/stage.h"

namespace finnr {

/// What one of each budget costs. Whole numbers, so that every bound is exact.
using Prices = std::array<std::int64_t, kMaxBudgets>;

/// A price that cannot be paid.
inline constexpr std::int64_t kNever = INT64_MAX / 4;

std::int64_t price_of(const Stage& stage, const Prices& prices, const Amounts& amounts);

/// Least price of all steps from each on, by the state in front of it. rest[0][0] is a lower bound for every choice.
struct Bound {
  Prices prices{};
  std::vector<std::vector<std::int64_t>> rest;
};
Bound bound_of(const Stage& stage, const Prices& prices);

/// A cheapest choice under the prices of a bound that is not kNever, one alternative a step.
std::vector<std::size_t> cheapest_of(const Stage& stage, const Bound& bound);

/// What prices alone can say about "within these limits".
struct Dual {
  bool refuted = false;                            ///< no choice is: even the cheapest costs more than the limits
  Prices prices{};                                 ///< the best found; they refute if `refuted`
  double value = 0;                                ///< by how much, in units of Stage::scale: above 0 if `refuted`
  std::optional<std::vector<std::size_t>> within;  ///< a choice within the limits met on the way, or near one that was (repair.h)
};

/// Looks for the prices under which the cheapest choice exceeds the limits most, by cutting planes: every cheapest choice met
/// bounds what prices can reach (solve_game), and the best prices under these bounds are tried next. Stops at a proof or a choice.
/// `first` are prices to begin with, those of a question like this one; all zero for none.
Dual find_prices(const Stage& stage, const Amounts& limits, const Prices& first);

}  // namespace finnr
