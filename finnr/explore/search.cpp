// SPDX-License-Identifier: Apache-2.0
// Prices first: they refute, or meet a choice within the limits, in most cases. What they leave open lies in a thin band above
// their bound, where labels follow every beginning. The band is made thin on purpose: limits are tightened as far as prices
// allow, and loosened step by step until there is a choice or the true limits are reached.
#include "finnr/explore/search.h"

#include <algorithm>
#include <cmath>

#include "finnr/explore/dual.h"
#include "finnr/explore/labels.h"
#include "finnr/explore/stage.h"

namespace finnr {
namespace {

struct Ruling {
  std::optional<Choice> choice;
  bool refuted = false;
  Prices prices{};
  std::size_t labels = 0;
};

std::vector<Bound> bounds_of(const Stage& stage, const Prices& prices) {
  std::vector<Bound> bounds = single_bounds(stage);
  bounds.insert(bounds.begin(), bound_of(stage, prices));
  return bounds;
}

/// Whether some choice is within the limits of a stage.
Ruling decide(const Stage& stage, const Prices& first, const Effort& effort) {
  Ruling ruling;
  Dual dual = find_prices(stage, stage.limits, first);
  ruling.prices = dual.prices;
  ruling.refuted = dual.refuted;
  if (dual.within) ruling.choice = choice_of(stage, *dual.within);
  if (ruling.refuted || ruling.choice) return ruling;

  const std::vector<Bound> bounds = bounds_of(stage, dual.prices);
  for (double slack = 1e-4;; slack *= 8) {
    const double tighten = std::max(0.0, -dual.value - slack);
    Amounts limits = stage.limits;
    for (std::size_t b = 0; b < stage.budgets; ++b)
      limits[b] -= static_cast<std::int64_t>(std::floor(tighten * static_cast<double>(stage.scale[b])));
    const Labels labels = run_labels(stage, limits, bounds, effort.labels);
    ruling.labels = std::max(ruling.labels, labels.most);
    if (labels.best) ruling.choice = choice_of(stage, *labels.best);
    ruling.refuted = labels.complete && limits == stage.limits && !labels.best;
    if (ruling.choice || limits == stage.limits) return ruling;
  }
}

Claim make_claim(std::int64_t interval, const std::vector<Budget>& budgets, const Prices& prices) {
  Claim claim{interval, budgets, {}};
  if (prices != Prices{}) claim.prices.emplace_back(prices.begin(), prices.begin() + static_cast<std::ptrdiff_t>(budgets.size()));
  return claim;
}

}  // namespace

Answer any_within(const Problem& problem, std::int64_t interval, const std::vector<Budget>& budgets, const Effort& effort) {
  Answer answer;
  const std::optional<Stage> stage = make_stage(problem, interval, budgets);
  if (!stage) return answer;
  Ruling ruling = decide(*stage, {}, effort);
  answer.labels = ruling.labels;
  answer.choice = std::move(ruling.choice);
  if (ruling.refuted) answer.claim = make_claim(interval, budgets, ruling.prices);
  return answer;
}

Answer fastest(const Problem& problem, const std::vector<Budget>& budgets, const Effort& effort) {
  const std::vector<std::int64_t> intervals = possible_intervals(problem);
  Answer answer;
  answer.bound = intervals.front();
  // Feasibility only grows with the interval. intervals[0, refuted) are refuted, `from` and later are to be tried, intervals[found]
  // has a choice.
  std::size_t refuted = 0;
  std::size_t from = 0;
  std::size_t found = intervals.size();
  while (from < found) {
    // The slowest first: without a choice there, nothing else matters.
    const std::size_t middle = found == intervals.size() && from == 0 ? found - 1 : from + (found - from) / 2;
    Answer here = any_within(problem, intervals[middle], budgets, effort);
    answer.labels = std::max(answer.labels, here.labels);
    if (here.choice) {
      answer.value = interval_of(problem, *here.choice);
      answer.choice = std::move(here.choice);
      found = static_cast<std::size_t>(std::ranges::lower_bound(intervals, answer.value) - intervals.begin());
      continue;
    }
    from = middle + 1;
    if (!here.claim) continue;
    refuted = middle + 1;
    answer.claim = std::move(here.claim);
  }
  if (refuted > 0) {
    // The proof reaches up to the next interval that a design can have.
    answer.bound = refuted < intervals.size() ? intervals[refuted] : intervals.back() + 1;
    answer.claim->interval = answer.bound - 1;
  }
  return answer;
}

Answer cheapest(const Problem& problem, std::int64_t interval, const std::vector<Budget>& budgets, const Budget& objective,
                const std::optional<Choice>& known, const Effort& effort) {
  Answer answer;
  answer.choice = known;
  if (!known) answer = any_within(problem, interval, budgets, effort);
  if (!answer.choice) return answer;
  const auto value_of = [&](const Choice& choice) { return amount(objective, *cost_of(problem, choice)); };
  answer.value = value_of(*answer.choice);

  std::vector<Budget> all = budgets;
  all.push_back(objective);
  const std::size_t last = budgets.size();
  all[last].limit = answer.value;
  std::optional<Stage> stage = make_stage(problem, interval, all);
  if (!stage) return answer;
  const auto refute_up_to = [&](std::int64_t limit, const Prices& prices) {
    all[last].limit = limit;
    answer.bound = limit + 1;
    answer.claim = make_claim(interval, all, prices);
  };

  // As far as prices alone refute, every proof gives the amount up to which it holds.
  Prices prices{};
  std::int64_t limit = bound_of(*stage, single_bounds(*stage)[last].prices).rest[0][0] - 1;
  if (limit >= 0) {
    prices[last] = 1;
    refute_up_to(limit, prices);
  }
  prices = {};
  std::optional<Dual> dual;
  for (limit = answer.bound; limit < answer.value; limit = answer.bound) {
    stage->limits[last] = limit;
    dual = find_prices(*stage, stage->limits, prices);
    if (!dual->refuted) break;
    prices = dual->prices;
    if (prices[last] == 0) {  // the budgets alone refute, which a choice contradicts: a bound from rounding
      dual.reset();
      break;
    }
    const std::int64_t beyond = bound_of(*stage, prices).rest[0][0] - price_of(*stage, prices, stage->limits);
    refute_up_to(std::min(limit + (beyond - 1) / prices[last], answer.value - 1), prices);
  }

  // Better choices near what prices find, as long as halving what is left to the bound meets one.
  for (std::int64_t without = answer.bound - 1; without + 1 < answer.value;) {
    limit = without + (answer.value - without) / 2;
    stage->limits[last] = limit;
    const Dual here = find_prices(*stage, stage->limits, prices);
    if (here.refuted && here.prices[last] > 0) refute_up_to(limit, here.prices);
    if (here.within) {
      answer.choice = choice_of(*stage, *here.within);
      answer.value = value_of(*answer.choice);
    } else {
      without = limit;
    }
  }

  // Then in bands above the bound, until even a narrow one takes too much.
  const std::int64_t narrow = std::max<std::int64_t>(1, answer.bound / 20'000);
  std::int64_t width = std::max<std::int64_t>(1, answer.bound / 1000);
  while (answer.bound < answer.value) {
    limit = std::min(answer.bound + width, answer.value) - 1;
    stage->limits[last] = limit;
    const Dual here = find_prices(*stage, stage->limits, prices);
    prices = here.prices;
    if (here.refuted) {
      refute_up_to(limit, here.prices);
      width *= 4;
      continue;
    }
    if (here.within) {
      answer.choice = choice_of(*stage, *here.within);
      answer.value = value_of(*answer.choice);
      continue;
    }
    const Labels labels = run_labels(*stage, stage->limits, bounds_of(*stage, here.prices), effort.labels);
    answer.labels = std::max(answer.labels, labels.most);
    if (labels.best) {
      answer.choice = choice_of(*stage, *labels.best);
      answer.value = value_of(*answer.choice);
    }
    if (!labels.complete) {
      if (width <= narrow) break;
      width = std::max(narrow, width / 8);
      continue;
    }
    if (labels.best) {  // the least of all: labels are complete
      if (answer.value == answer.bound) break;
      stage->limits[last] = answer.value - 1;
      refute_up_to(answer.value - 1, find_prices(*stage, stage->limits, here.prices).prices);
      break;
    }
    refute_up_to(limit, here.prices);
    width *= 4;
  }
  return answer;
}

}  // namespace finnr
