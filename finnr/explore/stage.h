// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <vector>

#include "finnr/explore/problem.h"

namespace finnr {

/// Most budgets of one question.
inline constexpr std::size_t kMaxBudgets = 8;

/// One number a budget.
using Amounts = std::array<std::int64_t, kMaxBudgets>;

/// A question, "is there a choice of at most `interval` cycles within these budgets?", in the form that the search walks over:
/// one step a decision, in their order. Between steps stands a state: the classes of the decisions taken whose couplings are
/// still open. Options too slow, too large alone, or no better than another of the same classes are left out.
struct Stage {
  struct Alternative {
    std::size_t option = 0;
    std::size_t group = 0;  ///< alternatives of one group have the same classes everywhere
    Amounts amounts{};
  };
  /// A coupling that closes at a step.
  struct Join {
    std::vector<std::size_t> row;     ///< by state in front of the step
    std::vector<std::size_t> column;  ///< by group
    std::size_t columns = 1;          ///< of the tables below
    std::vector<Amounts> amounts;     ///< [row * columns + column]
    std::vector<bool> allowed;        ///< the same
  };
  struct Step {
    std::vector<Alternative> alternatives;
    std::size_t groups = 0;
    std::vector<Join> joins;
    std::vector<std::size_t> keep;  ///< by state in front; the state behind is keep[state] + add[group]
    std::vector<std::size_t> add;
  };

  std::size_t budgets = 0;
  Amounts limits{};
  Amounts most{};   ///< no choice takes more
  Amounts scale{};  ///< what one is of each budget where budgets are compared: about its limit, never 0
  std::vector<Step> steps;
  std::vector<std::size_t> states;  ///< in front of each step, and at the end (1)
  bool possible = true;             ///< false if some decision has no alternative left
};

/// None when more than `most_states` states would stand between two steps.
std::optional<Stage> make_stage(const Problem& problem, std::int64_t interval, const std::vector<Budget>& budgets,
                                std::size_t most_states = std::size_t{1} << 20);

/// Sums of a choice given as one alternative a step; none where a coupling forbids it.
std::optional<Amounts> amounts_of(const Stage& stage, const std::vector<std::size_t>& alternatives);

/// The options behind alternatives.
Choice choice_of(const Stage& stage, const std::vector<std::size_t>& alternatives);

bool within(const Stage& stage, const Amounts& amounts, const Amounts& limits);

}  // namespace finnr
