// SPDX-License-Identifier: Apache-2.0
#include "finnr/explore/finn_unit_cost.h"

#include <gtest/gtest.h>

#include "finnr/explore/explored_network_for_test.h"
#include "finnr/hardware/lower.h"

namespace finnr {
namespace {

TEST(FinnUnitCost, OfAMatrixIsFinnsFormula) {
  const HardwarePart part = described_part(
      R"({"name": "one", "input": {"shape": [1, 1, 64], "type": "uint2"}, "network": [
        {"name": "fc0", "kind": "fc", "inputs": ["input"], "out_shape": [1, 1, 32], "weight_type": "int2", "act_out_type": "int10"}]})");
  const auto cost = [&](int pe, int simd, Store store) {
    const Result<Design> design = lower(part, {{pe, simd, false, store}}, "one");
    for (const Unit& unit : design->units) {
      if (std::holds_alternative<Mvu>(unit.kind)) return finn_unit_cost(*design, unit);
    }
    return Cost{};
  };
  // 300 + 1.1 * P * (Q * (2 * ceil(4 / 6) - 1) * 4 + 4 * (2 * Q - 1) + accumulator of 10 bits)
  EXPECT_EQ(cost(4, 8, Store::kBlock).lut, 300 + static_cast<std::int64_t>(1.1 * 4 * (8 * 4 + 4 * 15 + 10)));
  EXPECT_EQ(cost(4, 8, Store::kBlock).bram18, 2) << "64 words of 64 bits";
  EXPECT_EQ(cost(4, 8, Store::kLutRam).bram18, 0);
  EXPECT_GT(cost(4, 8, Store::kLutRam).lut, cost(4, 8, Store::kBlock).lut);
}

}  // namespace
}  // namespace finnr
