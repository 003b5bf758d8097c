// SPDX-License-Identifier: Apache-2.0
#include "finnr/explore/labels.h"

#include <algorithm>
#include <iterator>
#include <map>
#include <tuple>
#include <utility>

namespace finnr {
namespace {

struct Label {
  Amounts sums{};
  std::size_t state = 0;
  std::uint32_t parent = 0;       ///< in the step before
  std::uint32_t alternative = 0;  ///< taken by it
  std::int64_t price = 0;         ///< under the first bound, with the least of what follows
};

/// Pairs of numbers of which none is larger in both: seconds fall as firsts rise.
class Staircase {
 public:
  /// Takes in a pair, unless one that is there already is no larger in either number.
  bool add(std::int64_t first, std::int64_t second) {
    auto at = steps_.upper_bound(first);
    if (at != steps_.begin() && std::prev(at)->second <= second) return false;
    at = steps_.lower_bound(first);
    while (at != steps_.end() && at->second >= second) at = steps_.erase(at);
    steps_.emplace_hint(at, first, second);
    return true;
  }
  void clear() { steps_.clear(); }

 private:
  std::map<std::int64_t, std::int64_t> steps_;
};

/// The budgets in which labels differ.
std::vector<std::size_t> differing(const std::vector<Label>& labels, std::size_t budgets) {
  std::vector<std::size_t> result;
  for (std::size_t b = 0; b < budgets; ++b) {
    if (std::ranges::any_of(labels, [&](const Label& label) { return label.sums[b] != labels.front().sums[b]; })) result.push_back(b);
  }
  return result;
}

/// Of labels in the same state goes each that another one is not larger than in any budget. Sorted by their sums, they need be compared
/// in all differing budgets but the first. Of more than three of those the comparison is with the last ones kept alone: complete, it is
/// quadratic, and superfluous labels cost time alone.
void keep_useful(std::vector<Label>& labels, std::size_t budgets) {
  constexpr std::size_t kCompared = 256;
  // Ties are settled by parent and alternative, so that the same question has the same answer everywhere.
  std::ranges::sort(labels, [](const Label& a, const Label& b) {
    return std::tie(a.state, a.sums, a.parent, a.alternative) < std::tie(b.state, b.sums, b.parent, b.alternative);
  });
  const std::vector<std::size_t> by = differing(labels, budgets);
  const auto number = [&](const Label& label, std::size_t i) { return i < by.size() ? label.sums[by[i]] : 0; };
  std::vector<Label> kept;
  Staircase stairs;
  std::size_t first = 0;
  for (const Label& label : labels) {
    if (!kept.empty() && kept.back().state != label.state) {
      first = kept.size();
      stairs.clear();
    }
    bool useful = by.size() > 3 || stairs.add(number(label, 1), number(label, 2));
    if (by.size() > 3) {
      const std::size_t from = std::max(first, kept.size() > kCompared ? kept.size() - kCompared : 0);
      for (std::size_t i = kept.size(); useful && i-- > from;) {
        useful = !std::equal(kept[i].sums.begin(), kept[i].sums.begin() + static_cast<std::ptrdiff_t>(budgets), label.sums.begin(),
                             std::less_equal<>());
      }
    }
    if (useful) kept.push_back(label);
  }
  labels = std::move(kept);
}

/// Leaves the cheapest `at_most`; whether others had to go.
bool keep_promising(std::vector<Label>& labels, std::size_t at_most) {
  if (labels.size() <= at_most) return false;
  std::ranges::nth_element(labels, labels.begin() + static_cast<std::ptrdiff_t>(at_most), [](const Label& a, const Label& b) {
    return std::tie(a.price, a.sums, a.state, a.parent, a.alternative) < std::tie(b.price, b.sums, b.state, b.parent, b.alternative);
  });
  labels.resize(at_most);
  return true;
}

/// By step: the alternatives with which some choice stays below every bound.
std::vector<std::vector<std::size_t>> open_alternatives(const Stage& stage, const std::vector<Bound>& bounds,
                                                        const std::vector<std::int64_t>& allowed) {
  std::vector<std::vector<bool>> open;
  for (const Stage::Step& step : stage.steps) open.emplace_back(step.alternatives.size(), true);
  for (std::size_t k = 0; k < bounds.size(); ++k) {
    const Prices& prices = bounds[k].prices;
    std::vector<std::int64_t> begun{0};  // by state: the least of what leads there
    for (std::size_t i = 0; i < stage.steps.size(); ++i) {
      const Stage::Step& step = stage.steps[i];
      // By group: the least of beginnings with the joins, and of all but the alternative itself.
      std::vector<std::int64_t> around(step.groups, kNever);
      std::vector<std::int64_t> least(step.groups, kNever);
      for (const Stage::Alternative& a : step.alternatives) least[a.group] = std::min(least[a.group], price_of(stage, prices, a.amounts));
      std::vector<std::int64_t> next(stage.states[i + 1], kNever);
      for (std::size_t s = 0; s < begun.size(); ++s) {
        if (begun[s] >= kNever) continue;
        for (std::size_t g = 0; g < step.groups; ++g) {
          std::int64_t price = begun[s];
          bool possible = true;
          for (const Stage::Join& join : step.joins) {
            const std::size_t at = join.row[s] * join.columns + join.column[g];
            possible &= join.allowed[at];
            price += price_of(stage, prices, join.amounts[at]);
          }
          const std::size_t behind = step.keep[s] + step.add[g];
          const std::int64_t rest = bounds[k].rest[i + 1][behind];
          if (!possible || rest >= kNever) continue;
          around[g] = std::min(around[g], price + rest);
          next[behind] = std::min(next[behind], price + least[g]);
        }
      }
      for (std::size_t a = 0; a < step.alternatives.size(); ++a) {
        const Stage::Alternative& alternative = step.alternatives[a];
        const std::int64_t others = around[alternative.group];
        if (others >= kNever || others + price_of(stage, prices, alternative.amounts) > allowed[k]) open[i][a] = false;
      }
      begun = std::move(next);
    }
  }
  std::vector<std::vector<std::size_t>> result;
  for (const std::vector<bool>& step : open) {
    std::vector<std::size_t>& list = result.emplace_back();
    for (std::size_t a = 0; a < step.size(); ++a) {
      if (step[a]) list.push_back(a);
    }
  }
  return result;
}

/// By step: what it and all behind it can add to each budget at most.
std::vector<Amounts> most_behind(const Stage& stage, const std::vector<std::vector<std::size_t>>& open) {
  std::vector<Amounts> most(stage.steps.size() + 1, Amounts{});
  for (std::size_t i = stage.steps.size(); i-- > 0;) {
    const Stage::Step& step = stage.steps[i];
    for (std::size_t b = 0; b < stage.budgets; ++b) {
      std::int64_t largest = 0;
      for (const std::size_t a : open[i]) largest = std::max(largest, step.alternatives[a].amounts[b]);
      for (const Stage::Join& join : step.joins) {
        std::int64_t joint = 0;
        for (const Amounts& amounts : join.amounts) joint = std::max(joint, amounts[b]);
        largest += joint;
      }
      most[i][b] = most[i + 1][b] + largest;
    }
  }
  return most;
}

}  // namespace

std::vector<Bound> single_bounds(const Stage& stage) {
  std::vector<Bound> bounds;
  for (std::size_t b = 0; b < stage.budgets; ++b) {
    Prices prices{};
    prices[b] = 1;
    bounds.push_back(bound_of(stage, prices));
  }
  return bounds;
}

Labels run_labels(const Stage& stage, const Amounts& limits, const std::vector<Bound>& bounds, std::size_t at_most) {
  Labels result;
  std::vector<std::int64_t> allowed;
  for (const Bound& bound : bounds) allowed.push_back(price_of(stage, bound.prices, limits));
  const std::vector<std::vector<std::size_t>> open = open_alternatives(stage, bounds, allowed);
  const std::vector<Amounts> most = most_behind(stage, open);
  std::vector<Label> labels{Label{}};
  std::vector<std::vector<std::pair<std::uint32_t, std::uint32_t>>> trail;  // by step and label: parent and alternative
  for (std::size_t i = 0; i < stage.steps.size(); ++i) {
    const Stage::Step& step = stage.steps[i];
    std::vector<Label> next;
    for (std::size_t l = 0; l < labels.size(); ++l) {
      const Label& label = labels[l];
      for (const std::size_t a : open[i]) {
        const Stage::Alternative& alternative = step.alternatives[a];
        Label fresh{label.sums, step.keep[label.state] + step.add[alternative.group], static_cast<std::uint32_t>(l),
                    static_cast<std::uint32_t>(a), 0};
        for (std::size_t b = 0; b < stage.budgets; ++b) fresh.sums[b] += alternative.amounts[b];
        bool alive = true;
        for (const Stage::Join& join : step.joins) {
          const std::size_t at = join.row[label.state] * join.columns + join.column[alternative.group];
          alive &= join.allowed[at];
          for (std::size_t b = 0; b < stage.budgets; ++b) fresh.sums[b] += join.amounts[at][b];
        }
        for (std::size_t k = 0; alive && k < bounds.size(); ++k) {
          const std::int64_t rest = bounds[k].rest[i + 1][fresh.state];
          const std::int64_t price = rest < kNever ? price_of(stage, bounds[k].prices, fresh.sums) + rest : kNever;
          alive = price <= allowed[k];
          if (k == 0) fresh.price = price;
        }
        if (!alive) continue;
        // Whatever follows, this much is within the limit: sums below it are all alike. The last budget is asked for its least.
        for (std::size_t b = 0; b + 1 < stage.budgets; ++b) fresh.sums[b] = std::max(fresh.sums[b], limits[b] - most[i + 1][b]);
        next.push_back(fresh);
      }
      if (next.size() > 8 * at_most) {
        keep_useful(next, stage.budgets);
        result.complete &= !keep_promising(next, at_most);
      }
    }
    keep_useful(next, stage.budgets);
    result.most = std::max(result.most, next.size());
    result.complete &= !keep_promising(next, at_most);
    labels = std::move(next);
    std::vector<std::pair<std::uint32_t, std::uint32_t>>& back = trail.emplace_back();
    for (const Label& label : labels) back.emplace_back(label.parent, label.alternative);
  }

  const Label* best = nullptr;
  const std::size_t last = stage.budgets - 1;
  for (const Label& label : labels) {
    if (within(stage, label.sums, limits) && (best == nullptr || label.sums[last] < best->sums[last])) best = &label;
  }
  if (best == nullptr) return result;
  result.best.emplace(stage.steps.size());
  auto at = static_cast<std::size_t>(best - labels.data());
  for (std::size_t i = stage.steps.size(); i-- > 0;) {
    const auto [parent, alternative] = trail[i][at];
    (*result.best)[i] = alternative;
    at = parent;
  }
  return result;
}

}  // namespace finnr
