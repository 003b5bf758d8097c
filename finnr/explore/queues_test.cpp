// SPDX-License-Identifier: Apache-2.0
#include "finnr/explore/queues.h"

#include <gtest/gtest.h>

#include <array>

#include "finnr/base/files.h"
#include "finnr/explore/region.h"
#include "finnr/generate/generate.h"
#include "finnr/hardware/chain_for_test.h"
#include "finnr/hardware/diamond_for_test.h"
#include "finnr/hardware/folding_for_test.h"
#include "finnr/hardware/lowered_for_test.h"
#include "finnr/hardware/network_for_test.h"
#include "finnr/hardware/timing.h"
#include "finnr/simulate/simulator_for_test.h"
#include "finnr/verify/verify.h"

namespace finnr {
namespace {

using Kind = token::Schedule::Kind;

bool keeps_rate(const Design& design) {
  const std::array<Kind, 3> kinds = {Kind::kSteady, Kind::kBurst, Kind::kGreedy};
  return std::ranges::all_of(kinds, [&](Kind kind) { return check_rate(design, interval(design), kind).ok(); });
}

/// The rate is kept, and not with any queue shorter by one.
void expect_least(const Design& design) {
  SCOPED_TRACE(print(design));
  EXPECT_TRUE(keeps_rate(design));
  for (const UnitId queue : inner_queues(design)) {
    Design shorter = design;
    --std::get<Fifo>(shorter.units[queue.index()].kind).depth;
    EXPECT_FALSE(keeps_rate(shorter)) << design.units[queue.index()].name;
  }
}

Design sized(Design design) {
  EXPECT_TRUE(size_queues(design));
  return design;
}

std::int64_t queued_bits(const Design& design) {
  std::int64_t bits = 0;
  for (const UnitId queue : inner_queues(design)) {
    const Unit& unit = design.units[queue.index()];
    bits += std::get<Fifo>(unit.kind).depth * design.streams[unit.inputs[0]].beat_bits();
  }
  return bits;
}

/// Two branches of different length behind each other, a concatenation, and a way around all of it.
Graph branches() {
  SmallNetwork net;
  const ValueId x = net.thresholds(net.conv(net.input({1, 3, 8, 8}), 4, {3, 3}, {.begin = {1, 1}, .end = {1, 1}}));
  ValueId y = x;
  for (int i = 0; i < 2; ++i) {
    ValueId z = net.thresholds(net.conv(y, 4, {3, 3}, {.begin = {1, 1}, .end = {1, 1}}));
    z = net.thresholds(net.conv(z, 4, {1, 1}));
    y = net.thresholds(net.add(Join{JoinFunction::kAdd, 1, 1}, {z, y}));
  }
  const ValueId pooled = net.pool(y, {.kernel = {3, 3}, .begin = {1, 1}, .end = {1, 1}});
  const ValueId both = net.add(Concat{1}, {pooled, x});
  return net.done({net.conv(both, 3, {1, 1})});
}

/// Blocks behind each other, most with a convolution on the way around: what one queue needs depends on the next ones.
Graph blocks(Rng& rng) {
  SmallNetwork net;
  const std::int64_t channels = 2 * rng.between(1, 3);
  ValueId x = net.thresholds(net.conv(net.input({1, 3, 8, 8}), channels, {3, 3}, {.begin = {1, 1}, .end = {1, 1}}));
  for (std::int64_t i = rng.between(1, 5); i > 0; --i) {
    ValueId z = net.thresholds(net.conv(x, channels, {3, 3}, {.begin = {1, 1}, .end = {1, 1}}));
    if (rng.chance(0.5)) z = net.thresholds(net.conv(z, channels, {1, 1}));
    const ValueId y = rng.chance(0.6) ? net.thresholds(net.conv(x, channels, {1, 1})) : x;
    x = net.thresholds(net.add(Join{JoinFunction::kAdd, 1, 1}, {z, y}));
  }
  return net.done({net.conv(x, 3, {1, 1})});
}

TEST(Queues, AreDeepEnoughWhenSizingWouldTakeTooLong) {
  const Graph graph = branches();
  Rng rng(3);
  const Design before = lowered(graph, random_folding(part_of(graph), rng, false));
  EXPECT_TRUE(keeps_rate(before));
  Design stopped = before;
  EXPECT_FALSE(size_queues(stopped, 0));
  EXPECT_EQ(print(stopped), print(before));
  bool shorter = false;  // though not the shortest
  for (std::int64_t passes = 100; passes < (std::int64_t{1} << 40); passes += passes / 8) {
    Design design = before;
    if (size_queues(design, passes)) break;
    EXPECT_TRUE(keeps_rate(design)) << passes;
    EXPECT_LE(queued_bits(design), queued_bits(before)) << passes;
    shorter = shorter || queued_bits(design) < queued_bits(before);
  }
  EXPECT_TRUE(shorter);
}

TEST(Queues, ADiamondNeedsItsFrameAndTwoBeats) {
  const Design design = sized(diamond(40, 500));
  EXPECT_EQ(std::get<Fifo>(design.units[2].kind).depth, 42);
  expect_least(design);
}

TEST(Queues, NoQueueCanShrink) {
  const Graph graph = branches();
  Rng rng(3);
  for (int i = 0; i < 6; ++i) {
    const Design design = lowered(graph, random_folding(part_of(graph), rng, false));
    const Design small = sized(design);
    EXPECT_LT(queued_bits(small), queued_bits(design));
    expect_least(small);
  }
}

TEST(Queues, NoQueueOfBlocksBehindEachOtherCanShrink) {
  Rng rng(5);
  for (int i = 0; i < 20; ++i) {
    const Graph graph = blocks(rng);
    expect_least(sized(lowered(graph, random_folding(part_of(graph), rng, false))));
  }
}

TEST(Queues, TheSizedDesignSustainsItsIntervalInRtl) {
  if (no_simulator()) GTEST_SKIP() << "needs verilator and g++";
  const Graph graph = branches();
  Rng rng(4);
  const Design design = sized(lowered(graph, random_folding(part_of(graph), rng, false)));
  const Generated generated = generate(design);
  const Result<ScratchFolder> folder = ScratchFolder::make();
  ASSERT_TRUE(folder.ok());
  for (const char* name : {"rtl", "mem"}) std::filesystem::create_directories(folder->path() / name);
  for (const GeneratedFile& file : generated.files) ASSERT_TRUE(write_file(folder->path() / file.path, file.text).ok());
  const Result<Verdict> verdict = verify_bundle(folder->path(), generated.bundle, graph, {});
  ASSERT_TRUE(verdict.ok()) << to_text(verdict.error());
  EXPECT_TRUE(verdict->good()) << to_text(explain(*verdict, folder->path()));
  EXPECT_GT(verdict->measured_interval, 0);
}

TEST(Queues, AQueueOfNoBeatIsLeftOut) {
  Design design = diamond(8, 0);
  drop_empty_queues(design);
  EXPECT_EQ(design.units.size(), 5U);
  EXPECT_EQ(design.streams.size(), 7U);
  for (std::uint32_t i = 0; i < design.units.size(); ++i) {
    for (const std::size_t stream : design.units[i].inputs) EXPECT_EQ(design.streams[stream].to, UnitId{i});
    for (const std::size_t stream : design.units[i].outputs) EXPECT_EQ(design.streams[stream].from, UnitId{i});
  }
  EXPECT_EQ(design.streams[design.outputs[0]].name, "out");
}

TEST(Queues, AChainHasNone) {
  EXPECT_TRUE(inner_queues(lowered(integer_chain({6, 4, 2}), default_folding(part_of(integer_chain({6, 4, 2}))))).empty());
}

TEST(Regions, ReachFromTheForkToTheReader) {
  const Design design = diamond(8, 8);
  const std::vector<UnitId> above = dominators(design);
  EXPECT_FALSE(above[0].valid());
  EXPECT_EQ(above[4], UnitId{1});
  EXPECT_EQ(above[5], UnitId{4});
  const std::vector<UnitId> region = {UnitId{1}, UnitId{2}, UnitId{3}, UnitId{4}};
  EXPECT_EQ(region_of(design, UnitId{2}), region);
}

}  // namespace
}  // namespace finnr
