// SPDX-License-Identifier: Apache-2.0
#include "finnr/cost/unit_shape.h"

#include <gtest/gtest.h>

#include "finnr/cost/cost_model.h"
#include "finnr/generate/unit_parameters.h"
#include "finnr/hardware/chain_for_test.h"
#include "finnr/hardware/folding.h"
#include "finnr/hardware/lower.h"

namespace finnr {
namespace {

Design chain(std::int64_t steps) {
  const HardwarePart part = part_of(integer_chain({8, 12, 6}, steps));
  Result<Design> design = lower(part, default_folding(part), "net");
  EXPECT_TRUE(design.ok());
  return *std::move(design);
}

/// What is counted of known thresholds is no parameter; every other number is what generation writes.
TEST(UnitShape, KnownThresholdsAreThoseOfTheGeneratedUnit) {
  const StoreMemory nowhere = [](const std::string&, const std::string&) { return std::string(); };
  for (const std::int64_t steps : {1, 3, 15, 20}) {
    const Design design = chain(steps);
    int compared = 0;
    for (const Unit& unit : design.units) {
      std::map<std::string, std::int64_t> made;
      for (const auto& [name, value] : unit_parameters(design, unit, nowhere)) {
        if (const auto* number = std::get_if<std::int64_t>(&value)) made[name] = *number;
      }
      for (const auto& [name, number] : shape_of(design, unit).numbers) {
        if (!made.contains(name)) continue;
        EXPECT_EQ(number, made[name]) << unit.name << " " << name << " with " << steps << " steps";
        compared += name == "NumThresholds" || name == "ThrBits" || name == "Search" || name == "StepSigns" ? 1 : 0;
      }
    }
    EXPECT_EQ(compared, 4) << "one unit has thresholds";
  }
}

/// Without values the columns are taken for random ones, which are at least as many as those of thresholds that ascend.
TEST(UnitShape, DescribedThresholdsAreTheUsualCase) {
  const CostModel model = *cost_model("fitted", LogicFamily::kXc7);
  Design design = chain(20);
  int searched = 0;
  for (Unit& unit : design.units) {
    auto* threshold = std::get_if<Threshold>(&unit.kind);
    if (threshold == nullptr) continue;
    ++searched;
    const UnitShape known = shape_of(design, unit);
    const Cost cost = model.cost(known);
    threshold->steps.described_count = threshold->steps.count();
    threshold->steps.described_rows = threshold->steps.rows();
    threshold->steps.thresholds = threshold->steps.base = threshold->steps.signs = nullptr;
    const UnitShape described = shape_of(design, unit);
    EXPECT_EQ(described.at("Search"), 1);
    EXPECT_EQ(described.at("NumThresholds"), known.at("NumThresholds"));
    EXPECT_FALSE(described.numbers.contains("StepColumns"));
    EXPECT_LE(cost.ff, model.cost(described).ff);
    EXPECT_GT(cost.ff, 0);
  }
  EXPECT_EQ(searched, 1);
}

}  // namespace
}  // namespace finnr
