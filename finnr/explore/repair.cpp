// SPDX-License-Identifier: Apache-2.0
#include "finnr/explore/repair.h"

#include <algorithm>

namespace finnr {
namespace {

/// By how much sums exceed limits, in parts of the scale.
double excess(const Stage& stage, const Amounts& sums, const Amounts& limits) {
  double total = 0;
  for (std::size_t b = 0; b < stage.budgets; ++b)
    total += static_cast<double>(std::max<std::int64_t>(0, sums[b] - limits[b])) / static_cast<double>(stage.scale[b]);
  return total;
}

Amounts exchanged(const Stage& stage, Amounts sums, const Amounts& out, const Amounts& in) {
  for (std::size_t b = 0; b < stage.budgets; ++b) sums[b] += in[b] - out[b];
  return sums;
}

}  // namespace

std::optional<std::vector<std::size_t>> repair(const Stage& stage, const Amounts& limits, const Prices& prices,
                                               std::vector<std::size_t> alternatives) {
  const std::optional<Amounts> start = amounts_of(stage, alternatives);
  if (!start) return std::nullopt;
  Amounts sums = *start;
  double now = excess(stage, sums, limits);
  const std::size_t most_exchanges = 4 * stage.steps.size();
  for (std::size_t exchange = 0; now > 0; ++exchange) {
    if (exchange == most_exchanges) return std::nullopt;
    std::size_t step = stage.steps.size();
    std::size_t by = 0;
    double best = 0;
    for (std::size_t i = 0; i < stage.steps.size(); ++i) {
      const std::vector<Stage::Alternative>& all = stage.steps[i].alternatives;
      const Stage::Alternative& out = all[alternatives[i]];
      const std::int64_t paid = price_of(stage, prices, out.amounts);
      for (std::size_t a = 0; a < all.size(); ++a) {
        if (all[a].group != out.group || a == alternatives[i]) continue;
        const double gain = now - excess(stage, exchanged(stage, sums, out.amounts, all[a].amounts), limits);
        if (gain <= 0) continue;
        const auto more = static_cast<double>(std::max<std::int64_t>(1, price_of(stage, prices, all[a].amounts) - paid));
        if (gain / more <= best) continue;
        best = gain / more;
        step = i;
        by = a;
      }
    }
    if (step == stage.steps.size()) return std::nullopt;
    const std::vector<Stage::Alternative>& all = stage.steps[step].alternatives;
    sums = exchanged(stage, sums, all[alternatives[step]].amounts, all[by].amounts);
    alternatives[step] = by;
    now = excess(stage, sums, limits);
  }
  return alternatives;
}

}  // namespace finnr
