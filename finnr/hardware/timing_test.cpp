// SPDX-License-Identifier: Apache-2.0
// That the times are those of the RTL is tested where the RTL is simulated: a verdict compares both (verify.h).
#include "finnr/hardware/timing.h"

#include <gtest/gtest.h>

#include "finnr/hardware/diamond_for_test.h"

namespace finnr {
namespace {

constexpr std::int64_t kBeats = 40;
using Kind = token::Schedule::Kind;

TEST(Timing, AFullQueueInFrontOfALateBranchStandsStill) {
  const Design design = diamond(kBeats, kBeats - 2);
  const Result<std::int64_t> latency = first_frame_latency(design);
  ASSERT_FALSE(latency.ok());
  EXPECT_EQ(latency.error().code, Code::kDeadlock);
  EXPECT_EQ(latency.error().cause,
            "join waits for a beat of turn; turn waits for a beat of fork; fork waits for room in queue; queue waits for room in join");
  EXPECT_EQ(latency.error().way_out, "make queue queue deeper than 38 beats");
  for (const Kind kind : {Kind::kSteady, Kind::kBurst, Kind::kGreedy})
    EXPECT_EQ(check_rate(design, kBeats, kind).error().code, Code::kDeadlock);
}

TEST(Timing, AShortQueueCostsCyclesAndADeepOneNone) {
  // With room for a frame and nothing more the permute waits in every frame; two beats more hide its two cycles.
  EXPECT_EQ(check_rate(diamond(kBeats, kBeats), kBeats, Kind::kSteady).error().code, Code::kRateLost);
  EXPECT_EQ(check_rate(diamond(kBeats, kBeats), kBeats, Kind::kGreedy).error().code, Code::kRateLost);
  for (const Kind kind : {Kind::kSteady, Kind::kBurst, Kind::kGreedy})
    EXPECT_TRUE(check_rate(diamond(kBeats, kBeats + 2), kBeats, kind).ok());
}

TEST(Timing, LatencyCountsFromTheFirstBeatToTheLast) {
  // Queue 1, permute 2 behind the last of 40 beats, which then leave, join 1, queue 1.
  const Result<std::int64_t> latency = first_frame_latency(diamond(kBeats, 2 * kBeats));
  ASSERT_TRUE(latency.ok());
  EXPECT_EQ(*latency, 1 + (kBeats - 1) + 2 + (kBeats - 1) + 1 + 1);
}

TEST(Timing, ALongIntervalWithoutLossIsSlowerNotWrong) {
  EXPECT_TRUE(check_rate(diamond(kBeats, kBeats + 2), 3 * kBeats, Kind::kSteady).ok());
  EXPECT_FALSE(check_rate(diamond(kBeats, kBeats + 2), kBeats - 1, Kind::kSteady).ok());
}

}  // namespace
}  // namespace finnr
