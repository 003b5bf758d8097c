// SPDX-License-Identifier: Apache-2.0
#include "finnr/explore/fit.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "finnr/explore/checker.h"
#include "finnr/explore/explored_network_for_test.h"
#include "finnr/explore/queues.h"
#include "finnr/hardware/lower.h"

namespace finnr {
namespace {

const char* two_layers() {
  return R"({"name": "two", "input": {"shape": [1, 1, 12], "type": "uint2"}, "network": [
    {"name": "fc0", "kind": "fc", "inputs": ["input"], "out_shape": [1, 1, 8], "weight_type": "int2", "act_out_type": "int8"},
    {"name": "thr0", "kind": "threshold", "inputs": ["fc0"], "out_shape": [1, 1, 8], "act_out_type": "uint2", "steps": 3},
    {"name": "fc1", "kind": "fc", "inputs": ["thr0"], "out_shape": [1, 1, 4], "weight_type": "int2", "act_out_type": "int8"}]})";
}

Room room(std::int64_t lut, std::int64_t bram18) { return {"board", {lut, 100'000, bram18, 0, 0}, {lut, 100'000, bram18, 0, 0}, 100}; }

TEST(Fit, IsTheFastestOfAllDesigns) {
  const HardwarePart part = described_part(two_layers());
  const std::vector<Store> stores = {Store::kLutRam, Store::kBlock, Store::kSplit};
  for (const std::int64_t lut : {260, 320, 400, 500, 700, 1000}) {
    SCOPED_TRACE(lut);
    const Room here = room(lut, 2);
    std::int64_t best = INT64_MAX;
    const auto look = [&](const Folding& folding) {
      const Result<Design> design = lower(part, folding, "two");
      if (total_cost(*design, plain_cost).fits(here.limit)) best = std::min(best, interval(*design));
    };
    for (const int pe0 : {1, 2, 4, 8}) {
      for (const int simd0 : {1, 2, 3, 4, 5, 6, 7, 12}) {  // 12 inputs, of which 5 and 7 at once pad three and two
        for (const int pe1 : {1, 2, 4}) {
          for (const int simd1 : {1, 2, 4, 8}) {
            for (const Store s0 : stores) {
              for (const Store s1 : stores) look({{pe0, simd0, 12 % simd0 != 0, s0}, {pe1, simd1, false, s1}});
            }
          }
        }
      }
    }
    const Result<Fit> found = best_fit("two", part, here, {}, plain_cost);
    ASSERT_EQ(found.ok(), best != INT64_MAX);
    if (!found.ok()) continue;
    EXPECT_EQ(found->interval, best);
    EXPECT_EQ(found->bound, best);
    EXPECT_TRUE(found->cost.fits(here.limit));
    EXPECT_DOUBLE_EQ(found->share, found->least_share);
    EXPECT_EQ(check(found->certificate), "");
    EXPECT_EQ(found->cost, total_cost(*lower(part, found->folding, "two"), plain_cost));
  }
}

TEST(Fit, ReachesARateAtTheLeastCost) {
  const HardwarePart part = described_part(chain_text());
  const Result<Fit> slow = best_fit("chain", part, room(20'000, 40), 1000, plain_cost);
  const Result<Fit> quick = best_fit("chain", part, room(20'000, 40), 200, plain_cost);
  ASSERT_TRUE(slow.ok() && quick.ok());
  EXPECT_LE(slow->interval, 1000);
  EXPECT_LE(quick->interval, 200);
  EXPECT_LT(slow->cost.lut, quick->cost.lut);
  ASSERT_TRUE(quick->twice.has_value());
  EXPECT_GT(quick->twice->lut, quick->cost.lut);
  EXPECT_EQ(check(quick->certificate), "");
}

TEST(Fit, CountsTheQueuesOfJoinsToo) {
  const HardwarePart part = described_part(branch_text());
  const Result<Fit> wide = best_fit("branch", part, room(20'000, 40), 400, plain_cost);
  ASSERT_TRUE(wide.ok());
  ASSERT_GT(wide->queues.lut, 0);
  // Room for all but the last queue: another design, or a refusal, never one too large.
  for (std::int64_t lut = wide->cost.lut - wide->queues.lut; lut <= wide->cost.lut;
       lut += std::max<std::int64_t>(1, wide->queues.lut / 4)) {
    const Result<Fit> tight = best_fit("branch", part, room(lut, 40), 400, plain_cost);
    EXPECT_TRUE(!tight.ok() || tight->cost.fits(room(lut, 40).limit));
  }
}

/// Queues that do not fit as lowering makes them are made as short as the rate allows, before another folding is tried.
TEST(Fit, ShortensQueuesThatDoNotFit) {
  const HardwarePart part = described_part(branch_text());
  int shortened = 0;
  for (std::int64_t lut = 300; lut <= 600; lut += 10) {
    SCOPED_TRACE(lut);
    const Result<Fit> tight = best_fit("branch", part, room(lut, 40), 400, plain_cost);
    if (!tight.ok()) continue;
    Result<Design> design = lower(part, tight->folding, "branch");
    const bool fits = total_cost(*design, plain_cost).fits(room(lut, 40).limit);
    if (!fits) {
      ASSERT_TRUE(size_queues(*design));
    }
    EXPECT_EQ(tight->cost, total_cost(*design, plain_cost));
    EXPECT_TRUE(tight->cost.fits(room(lut, 40).limit));
    shortened += fits ? 0 : 1;
  }
  EXPECT_GT(shortened, 3);
}

TEST(Fit, SaysWhatIsMissing) {
  const HardwarePart part = described_part(chain_text());
  const Result<Fit> small = best_fit("chain", part, room(100, 40), {}, plain_cost);
  ASSERT_FALSE(small.ok());
  EXPECT_EQ(small.error().code, Code::kDeviceTooSmall);
  EXPECT_EQ(small.error().message, "chain does not fit board at any frame rate");
  EXPECT_THAT(small.error().cause, testing::MatchesRegex("it takes at least [0-9]+ lut of 100"));

  const Result<Fit> beyond = best_fit("chain", part, room(800, 40), 72, plain_cost);
  ASSERT_FALSE(beyond.ok());
  EXPECT_EQ(beyond.error().code, Code::kRateBeyondDevice);
  EXPECT_THAT(beyond.error().cause,
              testing::MatchesRegex("the best here is .* frames a second \\([0-9]+ cycles\\); lut binds. For 72 cycles, "
                                    "it takes at least [0-9]+ lut of 800"));

  const Result<Fit> never = best_fit("chain", part, room(1'000'000, 4000), 10, plain_cost);
  ASSERT_FALSE(never.ok());
  EXPECT_EQ(never.error().code, Code::kFpsUnreachable);
  EXPECT_THAT(never.error().cause, testing::HasSubstr("needs 64 even when unfolded completely"));
}

}  // namespace
}  // namespace finnr
