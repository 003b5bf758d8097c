// SPDX-License-Identifier: Apache-2.0
#include "finnr/explore/problem.h"

#include <fmt/format.h>

#include <algorithm>

namespace finnr {
namespace {

constexpr std::int64_t kMost = std::int64_t{1} << 40;  // of any one amount; sums of thousands then stay far from overflow

bool good_cost(const Bill& cost, std::size_t resources) {
  return cost.size() == resources && std::ranges::all_of(cost, [](std::int64_t c) { return c >= 0 && c <= kMost; });
}

bool good_classes(const std::vector<std::size_t>& classes, std::size_t options, std::size_t count) {
  return classes.size() == options && std::ranges::all_of(classes, [&](std::size_t c) { return c < count; });
}

}  // namespace

Budget budget_of(const Problem& problem, std::size_t resource, std::int64_t limit) {
  Budget budget{problem.resources[resource], std::vector<std::int64_t>(problem.resources.size(), 0), limit};
  budget.weights[resource] = 1;
  return budget;
}

std::int64_t amount(const Budget& budget, const Bill& cost) {
  std::int64_t sum = 0;
  for (std::size_t r = 0; r < cost.size(); ++r) sum += budget.weights[r] * cost[r];
  return sum;
}

std::int64_t interval_of(const Problem& problem, const Choice& choice) {
  std::int64_t slowest = 1;
  for (std::size_t i = 0; i < choice.size(); ++i) slowest = std::max(slowest, problem.decisions[i].options[choice[i]].interval);
  return slowest;
}

std::optional<Bill> cost_of(const Problem& problem, const Choice& choice) {
  Bill sum(problem.resources.size(), 0);
  const auto add = [&](const Bill& cost) {
    for (std::size_t r = 0; r < sum.size(); ++r) sum[r] += cost[r];
  };
  for (std::size_t i = 0; i < choice.size(); ++i) add(problem.decisions[i].options[choice[i]].cost);
  for (const Coupling& c : problem.couplings) {
    const Bill& cost = c.cost[c.from_class[choice[c.from]]][c.to_class[choice[c.to]]];
    if (cost.empty()) return std::nullopt;
    add(cost);
  }
  return sum;
}

std::vector<std::int64_t> possible_intervals(const Problem& problem) {
  std::int64_t least = 1;
  for (const Decision& d : problem.decisions) least = std::max(least, std::ranges::min(d.options, {}, &Option::interval).interval);
  std::vector<std::int64_t> intervals{least};
  for (const Decision& d : problem.decisions) {
    for (const Option& o : d.options) {
      if (o.interval > least) intervals.push_back(o.interval);
    }
  }
  std::ranges::sort(intervals);
  intervals.erase(std::ranges::unique(intervals).begin(), intervals.end());
  return intervals;
}

std::string flaw_of(const Problem& problem) {
  const std::size_t resources = problem.resources.size();
  for (const Decision& d : problem.decisions) {
    if (d.options.empty()) return fmt::format("decision '{}' has no option", d.name);
    for (const Option& o : d.options) {
      if (o.interval < 1 || o.interval > kMost || !good_cost(o.cost, resources))
        return fmt::format("an option of '{}' is malformed", d.name);
    }
  }
  for (const Coupling& c : problem.couplings) {
    const std::size_t count = problem.decisions.size();
    if (c.from >= c.to || c.to >= count || c.cost.empty() || c.cost.front().empty()) return "a coupling joins no two decisions";
    const bool rows = std::ranges::all_of(c.cost, [&](const std::vector<Bill>& row) {
      return row.size() == c.cost.front().size() &&
             std::ranges::all_of(row, [&](const Bill& cost) { return cost.empty() || good_cost(cost, resources); });
    });
    if (!rows || !good_classes(c.from_class, problem.decisions[c.from].options.size(), c.cost.size()) ||
        !good_classes(c.to_class, problem.decisions[c.to].options.size(), c.cost.front().size()))
      return fmt::format("the coupling of '{}' and '{}' is malformed", problem.decisions[c.from].name, problem.decisions[c.to].name);
  }
  return "";
}

}  // namespace finnr
