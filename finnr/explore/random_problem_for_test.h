// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <algorithm>
#include <vector>

#include "finnr/base/rng.h"
#include "finnr/explore/problem.h"

namespace finnr {

/// Few decisions, so that all choices can be tried, joined like a chain, a tree, a residual network, or not at all.
inline Problem random_problem(Rng& rng) {
  Problem problem;
  const auto resources = static_cast<std::size_t>(rng.between(1, 4));
  for (std::size_t r = 0; r < resources; ++r) problem.resources.push_back("r" + std::to_string(r));
  const auto decisions = static_cast<std::size_t>(rng.between(1, 6));
  const auto cost = [&](std::int64_t most) {
    Bill amounts;
    for (std::size_t r = 0; r < resources; ++r) amounts.push_back(rng.chance(0.2) ? 0 : rng.between(0, most));
    return amounts;
  };
  for (std::size_t d = 0; d < decisions; ++d) {
    Decision decision{"d" + std::to_string(d), {}};
    const std::int64_t options = rng.between(1, 6);
    for (std::int64_t o = 0; o < options; ++o) {
      // Slower ones tend to be smaller.
      const std::int64_t speed = rng.between(1, 12);
      decision.options.push_back({144 / speed, cost(4 + 3 * speed)});
    }
    problem.decisions.push_back(std::move(decision));
  }
  const auto couple = [&](std::size_t from, std::size_t to) {
    Coupling c{from, to, {}, {}, {}};
    const std::int64_t rows = rng.between(1, 3);
    const std::int64_t columns = rng.between(1, 3);
    for (std::size_t o = 0; o < problem.decisions[from].options.size(); ++o)
      c.from_class.push_back(static_cast<std::size_t>(rng.between(0, rows - 1)));
    for (std::size_t o = 0; o < problem.decisions[to].options.size(); ++o)
      c.to_class.push_back(static_cast<std::size_t>(rng.between(0, columns - 1)));
    c.cost.resize(static_cast<std::size_t>(rows));
    for (auto& row : c.cost) {
      for (std::int64_t i = 0; i < columns; ++i) row.push_back(rng.chance(0.15) ? Bill{} : cost(8));
    }
    problem.couplings.push_back(std::move(c));
  };
  const std::int64_t form = rng.between(0, 4);
  for (std::size_t d = 1; form > 0 && d < decisions; ++d) {
    if (form == 2) {
      couple(static_cast<std::size_t>(rng.between(0, static_cast<std::int64_t>(d) - 1)), d);
    } else {
      couple(d - 1, d);
      if (form == 3 && d >= 3 && d % 3 == 0) couple(d - 3, d);
      if (form == 4 && d >= 2 && rng.chance(0.5)) couple(static_cast<std::size_t>(rng.between(0, static_cast<std::int64_t>(d) - 2)), d);
    }
    // A stream with two readers is one stream: both ends see the same classes.
    if (problem.couplings.size() >= 2 && rng.chance(0.3)) {
      Coupling& last = problem.couplings.back();
      for (const Coupling& other : problem.couplings) {
        if (&other == &last || other.from != last.from) continue;
        last.from_class = other.from_class;
        last.cost.resize(other.cost.size(), last.cost.front());
      }
    }
  }
  return problem;
}

/// Limits between the least and the most that choices take.
inline std::vector<Budget> random_budgets(Rng& rng, const Problem& problem) {
  std::vector<Budget> budgets;
  for (std::size_t r = 0; r < problem.resources.size(); ++r) {
    if (rng.chance(0.2)) continue;
    std::int64_t least = 0;
    std::int64_t most = 0;
    for (const Decision& d : problem.decisions) {
      std::int64_t low = INT64_MAX;
      std::int64_t high = 0;
      for (const Option& o : d.options) {
        low = std::min(low, o.cost[r]);
        high = std::max(high, o.cost[r]);
      }
      least += low;
      most += high;
    }
    budgets.push_back(
        budget_of(problem, r, least + rng.between(0, most - least + 4 * static_cast<std::int64_t>(problem.couplings.size()))));
  }
  if (problem.resources.size() > 1 && rng.chance(0.2)) {  // a weighted sum of several
    Budget mixed{"mixed", {}, 0};
    for (std::size_t r = 0; r < problem.resources.size(); ++r) mixed.weights.push_back(rng.between(0, 2));
    mixed.limit = rng.between(0, 60 * static_cast<std::int64_t>(problem.decisions.size()));
    budgets.push_back(mixed);
  }
  return budgets;
}

}  // namespace finnr
