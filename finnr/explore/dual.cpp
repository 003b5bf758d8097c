// SPDX-License-Identifier: Apache-2.0
#include "finnr/explore/dual.h"

#include <algorithm>
#include <cmath>
#include <numeric>

#include "finnr/explore/game.h"
#include "finnr/explore/repair.h"

namespace finnr {
namespace {

constexpr double kUnit = 0x1p48;  // price of Stage::scale under a weight of one: sums of all steps stay below 2^60

Prices prices_of(const Stage& stage, const std::vector<double>& weights) {
  Prices prices{};
  for (std::size_t b = 0; b < stage.budgets; ++b)
    prices[b] = static_cast<std::int64_t>(std::floor(weights[b] * kUnit / static_cast<double>(stage.scale[b])));
  return prices;
}

/// Prices of the joins of a step: [row * columns + column].
std::vector<std::vector<std::int64_t>> join_prices(const Stage& stage, const Stage::Step& step, const Prices& prices) {
  std::vector<std::vector<std::int64_t>> result;
  for (const Stage::Join& join : step.joins) {
    std::vector<std::int64_t>& table = result.emplace_back();
    for (std::size_t i = 0; i < join.amounts.size(); ++i)
      table.push_back(join.allowed[i] ? price_of(stage, prices, join.amounts[i]) : kNever);
  }
  return result;
}

std::int64_t plus(std::int64_t a, std::int64_t b) { return a >= kNever || b >= kNever ? kNever : a + b; }

/// Price of the joins between a state and a group.
std::int64_t joined(const Stage::Step& step, const std::vector<std::vector<std::int64_t>>& tables, std::size_t state, std::size_t group) {
  std::int64_t sum = 0;
  for (std::size_t j = 0; j < tables.size(); ++j) {
    const Stage::Join& join = step.joins[j];
    sum = plus(sum, tables[j][join.row[state] * join.columns + join.column[group]]);
  }
  return sum;
}

}  // namespace

std::int64_t price_of(const Stage& stage, const Prices& prices, const Amounts& amounts) {
  std::int64_t sum = 0;
  for (std::size_t b = 0; b < stage.budgets; ++b) sum += prices[b] * amounts[b];
  return sum;
}

Bound bound_of(const Stage& stage, const Prices& prices) {
  Bound bound{prices, {}};
  bound.rest.resize(stage.steps.size() + 1);
  bound.rest.back().assign(stage.states.back(), 0);
  for (std::size_t i = stage.steps.size(); i-- > 0;) {
    const Stage::Step& step = stage.steps[i];
    std::vector<std::int64_t> least(step.groups, kNever);
    for (const Stage::Alternative& a : step.alternatives) least[a.group] = std::min(least[a.group], price_of(stage, prices, a.amounts));
    const auto tables = join_prices(stage, step, prices);
    std::vector<std::int64_t>& rest = bound.rest[i];
    const std::vector<std::int64_t>& next = bound.rest[i + 1];
    rest.assign(stage.states[i], kNever);
    for (std::size_t s = 0; s < rest.size(); ++s) {
      for (std::size_t g = 0; g < step.groups; ++g) {
        const std::int64_t behind = next[step.keep[s] + step.add[g]];
        if (behind >= kNever) continue;
        rest[s] = std::min(rest[s], plus(least[g] + behind, joined(step, tables, s, g)));
      }
    }
  }
  return bound;
}

std::vector<std::size_t> cheapest_of(const Stage& stage, const Bound& bound) {
  std::vector<std::size_t> alternatives;
  std::size_t state = 0;
  for (std::size_t i = 0; i < stage.steps.size(); ++i) {
    const Stage::Step& step = stage.steps[i];
    const auto tables = join_prices(stage, step, bound.prices);
    std::size_t best = 0;
    std::int64_t least = INT64_MAX;
    for (std::size_t a = 0; a < step.alternatives.size(); ++a) {
      const Stage::Alternative& alternative = step.alternatives[a];
      const std::int64_t behind = bound.rest[i + 1][step.keep[state] + step.add[alternative.group]];
      const std::int64_t price =
          plus(plus(price_of(stage, bound.prices, alternative.amounts), behind), joined(step, tables, state, alternative.group));
      if (price < least) {
        least = price;
        best = a;
      }
    }
    alternatives.push_back(best);
    state = step.keep[state] + step.add[step.alternatives[best].group];
  }
  return alternatives;
}

Dual find_prices(const Stage& stage, const Amounts& limits, const Prices& first) {
  Dual dual;
  if (!stage.possible) {
    dual.refuted = true;
    return dual;
  }
  constexpr int kTurns = 200;
  constexpr double kClose = 1e-7;  // of a scale: what the game promises beyond the best prices so far
  dual.value = -INFINITY;
  // A budget that every choice keeps proves nothing, and would take all the weight where its limit is just reached.
  std::vector<std::size_t> binding;
  for (std::size_t b = 0; b < stage.budgets; ++b) {
    if (stage.most[b] > limits[b]) binding.push_back(b);
  }
  std::vector<std::vector<double>> columns;
  std::vector<double> weights(stage.budgets, 0.0);
  for (const std::size_t b : binding) weights[b] = 1.0 / static_cast<double>(binding.size());
  for (int turn = 0; turn < kTurns; ++turn) {
    const Prices prices = turn == 0 && first != Prices{} ? first : prices_of(stage, weights);
    const Bound bound = bound_of(stage, prices);
    const std::int64_t paid = bound.rest[0][0];
    const std::int64_t allowed = price_of(stage, prices, limits);
    if (paid >= kNever || paid > allowed) {
      dual.refuted = true;
      dual.prices = prices;
      dual.value = paid >= kNever ? 1 : static_cast<double>(paid - allowed) / kUnit;
      return dual;
    }
    const double value = static_cast<double>(paid - allowed) / kUnit;
    if (value > dual.value) {
      dual.value = value;
      dual.prices = prices;
    }
    std::vector<std::size_t> choice = cheapest_of(stage, bound);
    const Amounts sums = *amounts_of(stage, choice);
    dual.within = within(stage, sums, limits) ? std::move(choice) : repair(stage, limits, prices, std::move(choice));
    if (dual.within) return dual;
    std::vector<double>& column = columns.emplace_back();
    for (const std::size_t b : binding) column.push_back(static_cast<double>(sums[b] - limits[b]) / static_cast<double>(stage.scale[b]));
    const GameSolution game = solve_game(columns);
    if (game.value <= dual.value + kClose) break;
    for (std::size_t i = 0; i < binding.size(); ++i) weights[binding[i]] = game.rows[i];
  }
  return dual;
}

}  // namespace finnr
