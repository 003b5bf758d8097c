// SPDX-License-Identifier: Apache-2.0
#include "finnr/hardware/runs.h"

#include <gtest/gtest.h>

#include "finnr/base/rng.h"
#include "finnr/hardware/chain_for_test.h"
#include "finnr/hardware/folding_for_test.h"
#include "finnr/hardware/lower.h"
#include "finnr/hardware/network_for_test.h"
#include "finnr/hardware/token_model.h"

namespace finnr::token {
namespace {

/// Cycles that go up, with equal distances more often than not.
std::vector<Cycle> random_cycles(Rng& rng, std::int64_t count) {
  std::vector<Cycle> list = {rng.between(0, 5)};
  std::int64_t step = 1;
  while (std::ssize(list) < count) {
    if (rng.chance(0.3)) step = rng.between(1, 4);
    list.push_back(list.back() + step);
  }
  return list;
}

std::vector<Run> random_cuts(Rng& rng, const std::vector<Cycle>& cycles) {
  std::vector<Run> runs;
  for (const Cycle at : cycles) {
    if (!runs.empty() && rng.chance(0.7) && (runs.back().beats == 1 || runs.back()[runs.back().beats] == at)) {
      runs.back().step = at - runs.back().last();
      ++runs.back().beats;
    } else {
      runs.push_back({at, 0, 1});
    }
  }
  return runs;
}

Runs in_runs(Rng& rng, const std::vector<Cycle>& cycles) {
  Runs runs;
  for (const Run& run : random_cuts(rng, cycles)) runs.push(run);
  return runs;
}

TEST(Runs, KeepTheCyclesInTheirOrder) {
  Rng rng(1);
  for (int i = 0; i < 100; ++i) {
    const std::vector<Cycle> cycles = random_cycles(rng, rng.between(1, 40));
    Runs runs = in_runs(rng, cycles);
    const auto dropped = static_cast<std::size_t>(rng.between(0, std::ssize(cycles)));
    runs.drop(static_cast<std::int64_t>(dropped));
    EXPECT_EQ(runs.at(std::ssize(cycles) - static_cast<std::int64_t>(dropped)), std::nullopt);
    for (std::size_t k = dropped; k < cycles.size(); ++k) {
      EXPECT_EQ(runs.at(0), cycles[k]);
      EXPECT_EQ(runs.pop(), cycles[k]);
    }
    EXPECT_TRUE(runs.empty());
  }
}

TEST(Runs, AllowAsManyBeatsAsAreNotTooEarly) {
  Rng rng(2);
  for (int i = 0; i < 300; ++i) {
    const std::vector<Cycle> cycles = random_cycles(rng, rng.between(1, 20));
    Runs runs = in_runs(rng, cycles);
    const token::Run wanted = {rng.between(0, 10), rng.between(1, 5), rng.between(1, 25)};
    const std::int64_t later = rng.between(0, 3);
    std::int64_t count = 0;
    while (count < wanted.beats && count < std::ssize(cycles) && cycles[static_cast<std::size_t>(count)] + later <= wanted[count]) ++count;
    EXPECT_EQ(runs.allow(wanted, later), count);
  }
}

TEST(Runs, AHashDoesNotDependOnTheCuts) {
  Rng rng(3);
  for (int i = 0; i < 100; ++i) {
    const std::vector<Cycle> cycles = random_cycles(rng, rng.between(40, 300));
    CyclesHash whole;
    CyclesHash cut;
    CyclesHash other;
    for (const auto& run : random_cuts(rng, cycles)) whole.add(run);
    for (const auto& run : random_cuts(rng, cycles)) cut.add(run);
    EXPECT_EQ(whole.value(), cut.value());
    for (const auto& run : random_cuts(rng, random_cycles(rng, std::ssize(cycles)))) other.add(run);
    EXPECT_NE(whole.value(), other.value());
  }
}

TEST(Runs, PassAsBeatsOneByOne) {
  SmallNetwork net;
  const ValueId x = net.thresholds(net.conv(net.input({1, 4, 9, 9}), 8, {3, 3}, {.begin = {1, 1}, .end = {1, 1}}));
  const ValueId pooled = net.pool(x, {.kernel = {2, 2}, .begin = {0, 0}, .end = {1, 1}});
  const ValueId sum = net.add(Join{JoinFunction::kAdd, 1, 1}, {pooled, x});
  const ValueId both = net.add(Concat{1}, {net.thresholds(sum), x});
  const Graph graph = net.done({net.conv(both, 6, {3, 3}, {.stride = {2, 2}})});
  const HardwarePart part = part_of(graph);
  Rng rng(4);
  for (int i = 0; i < 40; ++i) {
    const Result<Design> design = lower(part, random_folding(part, rng, false), "net");
    ASSERT_TRUE(design.ok()) << to_text(design.error());
    for (const Schedule::Kind kind : {Schedule::Kind::kGreedy, Schedule::Kind::kSteady, Schedule::Kind::kBurst}) {
      Model runs(*design, {kind, interval(*design)});
      Model beats(*design, {kind, interval(*design)});
      beats.use_no_runs();
      EXPECT_TRUE(runs.run(3));
      EXPECT_TRUE(beats.run(3));
      for (std::size_t stream = 0; stream < design->streams.size(); ++stream)
        EXPECT_EQ(runs.stream(stream)->frames(), beats.stream(stream)->frames()) << design->streams[stream].name << "\n" << print(*design);
    }
  }
}

}  // namespace
}  // namespace finnr::token
