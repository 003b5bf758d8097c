// SPDX-License-Identifier: Apache-2.0
// Published foldings against the explorer: under FINN's own estimates of its units, also against FINN's greedy search, which is kept
// here as the baseline; and under our fitted costs of our units. One JSON line a design: finn_foldings FILE.json...
#include <fmt/format.h>

#include <chrono>
#include <cstdio>
#include <filesystem>
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "finnr/base/files.h"
#include "finnr/explore/certificate.h"
#include "finnr/explore/checker.h"
#include "finnr/explore/finn_options.h"
#include "finnr/explore/layer_options.h"
#include "finnr/explore/search.h"
#include "finnr/explore/unit_cost.h"
#include "finnr/hardware/description.h"
#include "finnr/hardware/folding.h"
#include "finnr/hardware/lower.h"

namespace {

using namespace finnr;
using Json = nlohmann::ordered_json;

double now() { return std::chrono::duration<double>(std::chrono::steady_clock::now().time_since_epoch()).count(); }

/// FINN's SetFolding: each unit alone is unfolded until it meets the target; a matrix first by SIMD, as long as a row of weights has
/// at most 36 bits, then by PE; a depthwise unit first by PE; windows as wide as what they feed, else until they meet the target.
FinnDesign greedy(const FinnDesign& design, std::int64_t target) {
  constexpr std::int64_t kWeightBits = 36;
  FinnDesign result = design;
  for (FinnUnit& unit : result.units) {
    const FinnLimits limits = fold_limits(unit);
    if (limits.pe > 0) unit.pe = 1;
    if (limits.simd > 0) unit.simd = 1;
    const auto widen = [&](std::int64_t FinnUnit::*fold, std::int64_t limit, std::int64_t most) {
      if (limit == 0) return;
      for (const std::int64_t value : divisors(limit)) {
        if (value > most || (cycles(unit) <= target && value > unit.*fold)) break;
        unit.*fold = value;
      }
    };
    if (unit.kind == FinnKind::kVvau) {
      widen(&FinnUnit::pe, limits.pe, limits.pe);
      widen(&FinnUnit::simd, limits.simd, limits.simd);
    } else {
      widen(&FinnUnit::simd, limits.simd, unit.kind == FinnKind::kMvau ? kWeightBits / unit.node.w.bits() : limits.simd);
      widen(&FinnUnit::pe, limits.pe, limits.pe);
    }
  }
  for (std::size_t i = 1; i < result.units.size(); ++i) {  // pools and depthwise units take what their windows send
    FinnUnit& window = result.units[i - 1];
    FinnUnit& reader = result.units[i];
    if (window.kind != FinnKind::kWindow || window.node.name != reader.node.name) continue;
    if (reader.kind == FinnKind::kVvau) window.simd = reader.pe;
    if (reader.kind == FinnKind::kPool) reader.pe = window.simd = std::max(reader.pe, window.simd);
  }
  return result;
}

Json to_json(const Cost& cost, std::int64_t cycles) {
  return {{"cycles", cycles}, {"lut", cost.lut}, {"bram18", cost.bram18}, {"uram", cost.uram}, {"dsp", cost.dsp}};
}

/// The explorer against a design of a known cost: at its rate and with its memory the fewest LUTs, within its resources the fewest
/// cycles. Flip-flops do not count: FINN's estimates have none.
struct Race {
  Answer cheap;
  Answer fast;
  Json json;
};

Race race(const std::string& name, const Problem& problem, const Cost& cost, std::int64_t cycles) {
  const double start = now();
  std::vector<Budget> budgets;
  for (const std::size_t r : {0U, 2U, 3U, 4U}) budgets.push_back(budget_of(problem, r, bill_of(cost)[r]));
  const std::vector<Budget> memory(budgets.begin() + 1, budgets.end());
  Race race{cheapest(problem, cycles, memory, budgets[0]), {}, {}};
  const double middle = now();
  race.fast = fastest(problem, budgets);
  const double end = now();
  Certificate certificate{name, problem, race.fast.choice, race.fast.value, budgets, {}};
  for (const Answer* answer : {&race.cheap, &race.fast}) {
    if (answer->claim) certificate.claims.push_back(*answer->claim);
  }
  const std::string wrong = check(certificate);
  race.json["published"] = to_json(cost, cycles);
  if (race.cheap.choice) {
    race.json["at_its_rate"] = to_json(finnr::cost_of(*cost_of(problem, *race.cheap.choice)), interval_of(problem, *race.cheap.choice));
    race.json["gap_lut"] = race.cheap.gap();
  }
  if (race.fast.choice) {
    race.json["in_its_resources"] = to_json(finnr::cost_of(*cost_of(problem, *race.fast.choice)), race.fast.value);
    race.json["gap_cycles"] = race.fast.gap();
  }
  race.json["matched"] = race.cheap.choice && race.fast.choice && race.cheap.value <= cost.lut && race.fast.value <= cycles;
  race.json["certificate"] = wrong.empty() ? "holds" : wrong;
  race.json["seconds"] = {{"cheapest", middle - start}, {"fastest", end - middle}, {"check", now() - end}};
  return race;
}

Json compare(const std::string& path, const std::string& variant) {
  const Result<FinnDesign> design = read_finn_design(path, variant);
  if (!design.ok()) return {{"error", to_text(design.error())}};
  const double start = now();
  const FinnProblem finn = finn_problem(*design);
  const Problem& problem = finn.problem;
  const Choice own = choice_of(finn, *design);
  const FinnTotals published = totals(*design);
  const double options = now() - start;
  Race raced = race(design->network.name, problem, published.cost, published.cycles);
  Json& json = raced.json;
  json["seconds"]["options"] = options;
  const FinnTotals baseline = totals(greedy(*design, published.cycles));
  json["greedy"] = to_json(baseline.cost, baseline.cycles);
  // The explorer at the greedy search's rate and memory: its gain.
  std::vector<Budget> memory;
  for (const std::size_t r : {2U, 3U, 4U}) memory.push_back(budget_of(problem, r, bill_of(baseline.cost)[r]));
  const Answer gain = cheapest(problem, std::max(baseline.cycles, published.cycles), memory, budget_of(problem, 0, 0));
  if (gain.choice)
    json["against_greedy"] = to_json(totals(with_choice(*design, finn, *gain.choice)).cost, interval_of(problem, *gain.choice));
  json["own_is_option"] = interval_of(problem, own) == published.cycles && finnr::cost_of(problem, own).has_value();
  return json;
}

/// The published folding on our units, and everything open, under the fitted costs; queues in front of joins apart.
Json compare_fitted(const std::string& path, const std::string& variant) {
  const auto failed = [](const Diagnostic& why) { return Json{{"error", to_text(why)}}; };
  const Result<NamedCost> costs = unit_cost("fitted", LogicFamily::kXc7);
  const Result<NetworkDescription> description = read_description(path);
  if (!costs.ok() || !description.ok()) return failed(costs.ok() ? description.error() : costs.error());
  const Result<HardwarePart> part = hardware_of(*description);
  if (!part.ok()) return failed(part.error());
  Diagnostics diagnostics;
  const Result<Folding> folding = read_folding(*part, path, variant, diagnostics);
  if (!folding.ok()) return {{"skipped", folding.error().message}};  // a fold that our units do not have
  const Result<Design> design = lower(*part, *folding, "published");
  if (!design.ok()) return failed(design.error());
  Cost published;
  for (const Unit& unit : design->units) {
    const bool queue = std::holds_alternative<Fifo>(unit.kind) && unit.name != "fifo_in" && unit.name != "fifo_out";
    if (!queue) published += costs->cost(*design, unit);
  }
  constexpr std::int64_t kAny = std::int64_t{1} << 40;
  OptionRules rules;
  rules.largest = {kAny, kAny, kAny, kAny, kAny};
  if (published.uram > 0) rules.stores.push_back(Store::kUltra);
  const double start = now();
  const Result<FoldingProblem> problem = folding_problem(*part, rules, costs->cost);
  if (!problem.ok()) return failed(problem.error());
  const double options = now() - start;
  Race raced = race("published", problem->problem, published, interval(*design));
  raced.json["seconds"]["options"] = options;
  return raced.json;
}

}  // namespace

int main(int argc, char** argv) {
  bool good = true;
  for (int i = 1; i < argc; ++i) {
    std::vector<std::string> variants{""};
    const Result<std::string> text = read_file(argv[i]);
    const Json file = text.ok() ? Json::parse(*text, nullptr, false) : Json();
    if (file.is_object() && file.contains("variants")) {
      for (const Json& variant : file["variants"]) variants.push_back(variant.value("name", ""));
    }
    for (const std::string& variant : variants) {
      const Json line = {{"name", std::filesystem::path(argv[i]).stem().string()},
                         {"variant", variant},
                         {"finn", compare(argv[i], variant)},
                         {"fitted", compare_fitted(argv[i], variant)}};
      for (const char* costs : {"finn", "fitted"})
        good &= line[costs].contains("skipped") || (line[costs].value("matched", false) && line[costs].value("certificate", "") == "holds");
      std::puts(line.dump().c_str());
      std::fflush(stdout);
    }
  }
  return good ? 0 : 1;
}
