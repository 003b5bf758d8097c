// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <optional>
#include <vector>

#include "finnr/explore/problem.h"

namespace finnr {

/// "No choice of at most `interval` cycles is within the budgets." The prices, whole numbers by budget, are the proof: a choice
/// within the budgets costs at most the limits times the prices, and few beginnings of choices, or none, stay below that.
struct Claim {
  std::int64_t interval = 0;
  std::vector<Budget> budgets;
  std::vector<std::vector<std::int64_t>> prices;  ///< vectors of prices; each is a bound of its own
};

/// The best choice found, and what is proved of all others.
struct Answer {
  std::optional<Choice> choice;  ///< none if nothing is within the budgets, or nothing was found
  std::int64_t value = 0;        ///< of the choice: its interval, or its amount of the objective
  std::int64_t bound = 0;        ///< proved: no choice has less
  std::optional<Claim> claim;    ///< the proof; without one nothing can be less
  std::size_t labels = 0;        ///< most beginnings that were followed at once

  [[nodiscard]] bool proved() const { return choice && value == bound; }
  [[nodiscard]] double gap() const { return static_cast<double>(value - bound) / static_cast<double>(bound > 0 ? bound : 1); }
};

/// How much may be tried.
struct Effort {
  std::size_t labels = 20'000;  ///< beginnings at once
};

/// The least interval within the budgets. Without a choice, the claim says that none exists at any interval.
Answer fastest(const Problem& problem, const std::vector<Budget>& budgets, const Effort& effort = {});

/// The least amount of an objective (a budget whose limit does not count) at no more than `interval` cycles within the budgets. `known` is
/// a choice that is, where there is one already.
Answer cheapest(const Problem& problem, std::int64_t interval, const std::vector<Budget>& budgets, const Budget& objective,
                const std::optional<Choice>& known = {}, const Effort& effort = {});

/// Whether some choice is within, which, and why not: a choice, or a claim, or neither when the effort did not do.
Answer any_within(const Problem& problem, std::int64_t interval, const std::vector<Budget>& budgets, const Effort& effort = {});

}  // namespace finnr
