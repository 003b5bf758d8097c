// SPDX-License-Identifier: Apache-2.0
// Published foldings against the explorer under FINN's own estimates, and against FINN's greedy search, which is kept here as the
// baseline. One JSON line a design: finn_foldings FILE.json...
#include <fmt/format.h>

#include <chrono>
#include <cstdio>
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "finnr/base/files.h"
#include "finnr/explore/certificate.h"
#include "finnr/explore/checker.h"
#include "finnr/explore/finn_options.h"
#include "finnr/explore/layer_options.h"
#include "finnr/explore/search.h"

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

Json compare(const std::string& path, const std::string& variant) {
  const Result<FinnDesign> design = read_finn_design(path, variant);
  if (!design.ok()) return {{"file", path}, {"variant", variant}, {"error", to_text(design.error())}};
  const double start = now();
  const FinnProblem finn = finn_problem(*design);
  const Problem& problem = finn.problem;
  const Choice own = choice_of(finn, *design);
  const FinnTotals published = totals(*design);

  std::vector<Budget> budgets;  // all but flip-flops, which FINN does not count
  for (const std::size_t r : {0U, 2U, 3U, 4U}) budgets.push_back(budget_of(problem, r, bill_of(published.cost)[r]));
  const std::vector<Budget> memory(budgets.begin() + 1, budgets.end());
  const double options = now();
  const Answer cheap = cheapest(problem, published.cycles, memory, budgets[0]);
  const double middle = now();
  const Answer fast = fastest(problem, budgets);
  const double end = now();

  Json json = {{"name", design->network.name},
               {"variant", variant},
               {"units", design->units.size()},
               {"published", to_json(published.cost, published.cycles)}};
  Certificate certificate{design->network.name, problem, fast.choice, fast.value, budgets, {}};
  for (const Answer* answer : {&cheap, &fast}) {
    if (answer->claim) certificate.claims.push_back(*answer->claim);
  }
  const std::string wrong = check(certificate);
  if (cheap.choice) {
    json["at_its_rate"] = to_json(totals(with_choice(*design, finn, *cheap.choice)).cost, interval_of(problem, *cheap.choice));
    json["gap_lut"] = cheap.gap();
  }
  if (fast.choice) {
    json["in_its_resources"] = to_json(totals(with_choice(*design, finn, *fast.choice)).cost, fast.value);
    json["gap_cycles"] = fast.gap();
  }
  const FinnTotals baseline = totals(greedy(*design, published.cycles));
  json["greedy"] = to_json(baseline.cost, baseline.cycles);
  // The explorer at the greedy search's rate and memory: its gain.
  std::vector<Budget> its_memory = memory;
  for (std::size_t b = 0; b < its_memory.size(); ++b) its_memory[b].limit = amount(its_memory[b], bill_of(baseline.cost));
  const Answer gain = cheapest(problem, std::max(baseline.cycles, published.cycles), its_memory, budgets[0]);
  if (gain.choice)
    json["against_greedy"] = to_json(totals(with_choice(*design, finn, *gain.choice)).cost, interval_of(problem, *gain.choice));
  json["own_is_option"] = interval_of(problem, own) == published.cycles && finnr::cost_of(problem, own).has_value();
  json["matched"] = cheap.choice && fast.choice && cheap.value <= published.cost.lut && fast.value <= published.cycles;
  json["certificate"] = wrong.empty() ? "holds" : wrong;
  json["seconds"] = {{"options", options - start}, {"cheapest", middle - options}, {"fastest", end - middle}, {"check", now() - end}};
  return json;
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
      const Json line = compare(argv[i], variant);
      good &= line.value("matched", false) && line.value("certificate", "") == "holds";
      std::puts(line.dump().c_str());
      std::fflush(stdout);
    }
  }
  return good ? 0 : 1;
}
