// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <utility>
#include <vector>

#include "finnr/passes/borders.h"
#include "finnr/passes/join_problem.h"

namespace finnr {

/// Plans thresholds on m x + n y from the borders of each level (borders.h), with factors for all channels or for each.
class SumPlanner {
 public:
  explicit SumPlanner(const JoinProblem& join) : join_(join), plan_(join.blank) {}

  /// Exact on every pair, with levels that rise or fall along source `a`. False when there is none.
  bool plan_exact(std::size_t a);
  /// Factors near the ratio where the borders contradict each other; the attempt with the fewest wrong pairs. False when
  /// plan_exact found no borders to start from.
  bool plan_nearest();
  /// Whether plan_exact gave up because there are too many integers.
  [[nodiscard]] bool too_large() const { return too_large_; }
  /// The plan that was found last.
  JoinPlan take() { return std::move(plan_); }

 private:
  /// The borders of one function along the integer `a`.
  struct Borders {
    int sign = 1;          ///< the level times this rises along a
    std::int64_t low = 0;  ///< least signed level
    std::vector<Border> levels;
  };

  /// Least a of each level in one row; `row` holds guesses before. False when the row is not monotone.
  bool find_row(const PairFunction& f, std::size_t a, const Borders& borders, std::int64_t b, std::vector<std::int64_t>& row, bool proven);
  /// The row after `row`, which follows `before`: borders are nearly straight, so both together say where to look.
  bool next_row(const PairFunction& f, std::size_t a, const Borders& borders, std::int64_t b, std::vector<std::int64_t>& row,
                std::vector<std::int64_t>& before, bool proven);
  bool find_borders(const PairFunction& f, std::size_t a, Borders& borders, std::int64_t& evaluations);
  [[nodiscard]] bool in_reach(std::size_t a, const Factors& factors) const;
  [[nodiscard]] bool factors_allowed(std::size_t a, const std::vector<Factors>& factors) const;
  void use_sum(std::size_t a, const std::vector<Borders>& borders, const std::vector<Factors>& factors);
  /// Adds what one function gets wrong under each attempt: in every row the true and the attempted borders are merged.
  void count_wrong(const PairFunction& f, const Borders& borders, const std::vector<std::vector<Factors>>& attempts, std::size_t index,
                   std::vector<Inexact>& errors);

  const JoinProblem& join_;
  JoinPlan plan_;
  std::vector<Borders> borders_;  ///< of the first direction that has some, when no factors fit them
  std::vector<Fit> fits_;         ///< of all functions together, then of each
  std::size_t along_ = 0;
  bool too_large_ = false;
};

}  // namespace finnr
