// SPDX-License-Identifier: Apache-2.0
#include "finnr/explore/finn_options.h"

#include <algorithm>

#include "finnr/explore/layer_options.h"

namespace finnr {
namespace {

std::vector<std::int64_t> choices(std::int64_t limit, std::int64_t own) {
  std::vector<std::int64_t> values = limit > 0 ? divisors(limit) : std::vector<std::int64_t>{};
  if (std::ranges::find(values, own) == values.end()) values.push_back(own);
  return values;
}

bool is_window(const FinnUnit& unit) { return unit.kind == FinnKind::kWindow; }
bool takes_windows(const FinnUnit& unit) { return unit.kind == FinnKind::kVvau || unit.kind == FinnKind::kPool; }

/// What a unit sends or takes at once, as classes.
Coupling equal_folds(const FinnProblem& problem, std::size_t window, std::size_t reader) {
  std::vector<std::int64_t> values;
  for (const FinnOption& o : problem.folds[window]) values.push_back(o.simd);
  for (const FinnOption& o : problem.folds[reader]) values.push_back(o.pe);
  std::ranges::sort(values);
  values.erase(std::ranges::unique(values).begin(), values.end());
  const auto class_of = [&](std::int64_t value) {
    return static_cast<std::size_t>(std::ranges::lower_bound(values, value) - values.begin());
  };
  Coupling coupling{window, reader, {}, {}, {}};
  for (const FinnOption& o : problem.folds[window]) coupling.from_class.push_back(class_of(o.simd));
  for (const FinnOption& o : problem.folds[reader]) coupling.to_class.push_back(class_of(o.pe));
  coupling.cost.assign(values.size(), std::vector<Bill>(values.size()));
  for (std::size_t v = 0; v < values.size(); ++v) coupling.cost[v][v] = Bill(problem.problem.resources.size(), 0);
  return coupling;
}

}  // namespace

FinnProblem finn_problem(const FinnDesign& design) {
  FinnProblem result;
  for (const std::string_view name : kCostNames) result.problem.resources.emplace_back(name);
  for (const FinnUnit& unit : design.units) {
    Decision decision{unit.name, {}};
    std::vector<FinnOption> folds;
    const FinnLimits limits = fold_limits(unit);
    for (const std::int64_t pe : choices(limits.pe, unit.pe)) {
      for (const std::int64_t simd : choices(limits.simd, unit.simd)) {
        FinnUnit folded = unit;
        folded.pe = pe;
        folded.simd = simd;
        decision.options.push_back({std::max<std::int64_t>(cycles(folded), 1), bill_of(cost(folded))});
        folds.push_back({pe, simd});
      }
    }
    result.problem.decisions.push_back(std::move(decision));
    result.folds.push_back(std::move(folds));
  }
  for (std::size_t i = 1; i < design.units.size(); ++i) {
    const FinnUnit& window = design.units[i - 1];
    const FinnUnit& reader = design.units[i];
    if (is_window(window) && takes_windows(reader) && window.node.name == reader.node.name && window.simd == reader.pe)
      result.problem.couplings.push_back(equal_folds(result, i - 1, i));
  }
  return result;
}

Choice choice_of(const FinnProblem& problem, const FinnDesign& design) {
  Choice choice;
  for (std::size_t i = 0; i < design.units.size(); ++i) {
    const auto own = std::ranges::find_if(
        problem.folds[i], [&](const FinnOption& o) { return o.pe == design.units[i].pe && o.simd == design.units[i].simd; });
    choice.push_back(static_cast<std::size_t>(own - problem.folds[i].begin()));
  }
  return choice;
}

FinnDesign with_choice(const FinnDesign& design, const FinnProblem& problem, const Choice& choice) {
  FinnDesign result = design;
  for (std::size_t i = 0; i < choice.size(); ++i) {
    result.units[i].pe = problem.folds[i][choice[i]].pe;
    result.units[i].simd = problem.folds[i][choice[i]].simd;
  }
  return result;
}

}  // namespace finnr
