// SPDX-License-Identifier: Apache-2.0
#include "finnr/explore/repair.h"

#include <gtest/gtest.h>

#include "finnr/base/rng.h"
#include "finnr/explore/random_problem_for_test.h"

namespace finnr {
namespace {

/// Layers that take much of one resource or of the other; the prices see no difference.
TEST(Repair, ExchangesUntilBothLimitsHold) {
  Problem problem{{"lut", "bram"}, {}, {}};
  for (int d = 0; d < 10; ++d) problem.decisions.push_back({"d" + std::to_string(d), {{1, {10, 0}}, {1, {0, 10}}}});
  const std::optional<Stage> stage = make_stage(problem, 1, {budget_of(problem, 0, 60), budget_of(problem, 1, 40)});
  ASSERT_TRUE(stage.has_value());
  const Prices prices{1, 1};
  const std::vector<std::size_t> first = cheapest_of(*stage, bound_of(*stage, prices));
  ASSERT_FALSE(within(*stage, *amounts_of(*stage, first), stage->limits));
  const auto repaired = repair(*stage, stage->limits, prices, first);
  ASSERT_TRUE(repaired.has_value());
  EXPECT_TRUE(within(*stage, *amounts_of(*stage, *repaired), stage->limits));
  Amounts none = stage->limits;
  none[0] = 50;  // 90 in all, but every choice takes 100
  EXPECT_FALSE(repair(*stage, none, prices, first).has_value());
}

TEST(Repair, OfRandomProblemsIsWithinTheLimitsAndKeepsGroups) {
  int repaired = 0;
  for (std::uint64_t seed = 1; seed <= 1500; ++seed) {
    Rng rng(seed);
    const Problem problem = random_problem(rng);
    const std::optional<Stage> stage = make_stage(problem, possible_intervals(problem).back(), random_budgets(rng, problem));
    if (!stage || !stage->possible) continue;
    Prices prices{};
    for (std::size_t b = 0; b < stage->budgets; ++b) prices[b] = rng.between(0, 5);
    const Bound bound = bound_of(*stage, prices);
    if (bound.rest[0][0] >= kNever) continue;
    const std::vector<std::size_t> first = cheapest_of(*stage, bound);
    const auto found = repair(*stage, stage->limits, prices, first);
    if (!found) continue;
    repaired += *found == first ? 0 : 1;
    EXPECT_TRUE(within(*stage, *amounts_of(*stage, *found), stage->limits));
    for (std::size_t i = 0; i < first.size(); ++i)
      EXPECT_EQ(stage->steps[i].alternatives[(*found)[i]].group, stage->steps[i].alternatives[first[i]].group);
  }
  EXPECT_GT(repaired, 10) << "the problems ask for exchanges";
}

}  // namespace
}  // namespace finnr
