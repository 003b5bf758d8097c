// SPDX-License-Identifier: Apache-2.0
#include "finnr/hardware/lanes.h"

#include "finnr/hardware/chain_for_test.h"
#include "finnr/hardware/network_for_test.h"

namespace finnr {
namespace {

std::vector<int> lanes(const Folding& folding) {
  std::vector<int> result;
  for (const Fold& fold : folding) result.push_back(fold.pe);
  return result;
}

const Fold kFree{0, 0, false, {}};

TEST(MostLanes, WhatEveryKindDivides) {
  SmallNetwork net;
  ValueId x = net.thresholds(net.input({1, 6, 4, 4}));
  x = net.pool(x, {.kernel = {2, 2}});
  x = net.add(Take{1, {2, 3, 4, 5}}, {x});
  x = net.add(Take{2, {0, 0, 1, 1, 2, 2}}, {x});
  const ValueId y = net.thresholds(net.input({1, 2, 6, 3}));
  x = net.add(Concat{1}, {x, y});
  x = net.add(Join{}, {x, x});
  x = net.add(Reshape{{1, 108}}, {net.add(Transpose{{0, 2, 3, 1}}, {x})});
  const HardwarePart part = part_of(net.done({net.top_k(x, 3, 1)}));
  std::string text;
  for (const Layer& layer : part.layers) text += layer.name + " " + std::to_string(most_lanes(layer, part)) + ", ";
  EXPECT_EQ(text, "thr0 6, pool0 6, take0 2, resample0 4, thr1 2, concat0 2, join0 6, top_k 108, ");
}

TEST(MostLanes, RunsOfAPermutationStayTogether) {
  const auto most = [](const std::vector<std::int64_t>& channels) {
    SmallNetwork net;
    const ValueId x = net.thresholds(net.input({1, 6, 2, 2}));
    const HardwarePart part = part_of(net.done({net.thresholds(net.add(Take{1, channels}, {x}))}));
    return most_lanes(part.layers.at(1), part);
  };
  EXPECT_EQ(most({3, 4, 5, 0, 1, 2}), 3);
  EXPECT_EQ(most({2, 3, 0, 1, 4, 5}), 2);
  EXPECT_EQ(most({1, 2, 3, 4, 5, 0}), 1);
  EXPECT_EQ(most({4, 5, 0, 1}), 2);
}

TEST(SettleLanes, AsFewAsTheSlowestLayerAllows) {
  SmallNetwork net;
  ValueId x = net.thresholds(net.conv(net.input({1, 4, 6, 6}), 8, {1, 1}), 20);  // many steps stand alone
  x = net.pool(x, {.kernel = {2, 2}, .stride = {2, 2}});
  const Graph graph = net.done({net.conv(x, 8, {1, 1})});
  const HardwarePart part = part_of(graph);
  // conv0 takes 36 * 8 * 4 cycles: with one lane the thresholds take 288 and the pool 288, so all follow their producer.
  EXPECT_EQ(lanes(settle_lanes(part, {{1, 1, false, {}}, kFree, kFree, {8, 4, false, {}}})), (std::vector<int>{1, 1, 1, 8}));
  // In 36 cycles only eight lanes will do.
  EXPECT_EQ(lanes(settle_lanes(part, {{8, 4, false, {}}, kFree, kFree, {8, 2, false, {}}})), (std::vector<int>{8, 8, 8, 8}));
  // A given number stays.
  EXPECT_EQ(lanes(settle_lanes(part, {{8, 4, false, {}}, {2, 0, false, {}}, kFree, {8, 8, false, {}}}))[1], 2);
}

TEST(InputSide, ImagesInFrontOfWindows) {
  SmallNetwork net;
  const Graph graph = net.done({net.conv(net.input({2, 6, 5, 5}), 4, {3, 3}, {.groups = 2})});
  const HardwarePart part = part_of(graph);
  // 2 x 9 pixels of 2 groups, 2 x 27 of each: SIMD 27 takes whole windows, one channel is quick enough for PE 1 and SIMD 9.
  const Side wide = input_side(part.layers[0], {2, 3, false, {}}, 0);
  EXPECT_EQ(wide.vectors, 50);
  EXPECT_EQ(wide.channels, 6);
  EXPECT_EQ(wide.lanes, 3);
  EXPECT_EQ(input_side(part.layers[0], {1, 9, false, {}}, 0).lanes, 3) << "windows of three beats a position, as fast as the matrix";
  EXPECT_EQ(input_side(part.layers[0], {1, 1, false, {}}, 0).lanes, 1);
  EXPECT_EQ(output_side(part.layers[0], {2, 3, false, {}}, part.links[part.layers[0].output]).lanes, 2);
}

TEST(FeedOf, LanesFirstAndThenPositions) {
  SmallNetwork net;
  const Graph graph = net.done({net.conv(net.input({1, 4, 5, 5}), 12, {3, 3}, {.stride = {2, 2}, .begin = {1, 1}, .end = {1, 1}})});
  const HardwarePart part = part_of(graph);
  const auto feed = [&](int pe, int simd) {
    const Feed f = feed_of(std::get<MatrixLayer>(part.layers[0].kind), {pe, simd, false, {}});
    return std::to_string(f.lanes) + " lanes, " + std::to_string(f.tile.h) + "x" + std::to_string(f.tile.w);
  };
  EXPECT_EQ(feed(1, 9), "1 lanes, 1x1") << "432 cycles";
  EXPECT_EQ(feed(1, 36), "4 lanes, 1x1") << "108 cycles; one position at once is 9 windows of 9 beats";
  EXPECT_EQ(feed(2, 36), "4 lanes, 1x3") << "54 cycles";
  EXPECT_EQ(feed(12, 36), "4 lanes, 3x3") << "the image takes 25 cycles, and windows of three beats 27";
}

TEST(FeedOf, PoolsAreAsQuickAsTheirStreams) {
  const auto tile = [](const Around& around) {
    SmallNetwork one;
    const HardwarePart part = part_of(one.done({one.pool(one.thresholds(one.input({1, 2, 8, 8})), around)}));
    const Layer& layer = part.layers.back();
    const Feed f = feed_of(std::get<PoolLayer>(layer.kind), {1, 0, false, {}});
    return std::to_string(f.tile.h) + "x" + std::to_string(f.tile.w) + " in " + std::to_string(layer_interval(layer, {1, 0, false, {}}));
  };
  EXPECT_EQ(tile({.kernel = {2, 2}, .stride = {2, 2}}), "1x1 in 128") << "every pixel stands in one window";
  EXPECT_EQ(tile({.kernel = {3, 3}, .stride = {2, 2}, .begin = {1, 1}}), "1x3 in 128");
  EXPECT_EQ(tile({.kernel = {3, 3}, .stride = {1, 1}, .begin = {1, 1}, .end = {1, 1}}), "3x3 in 128");
  EXPECT_EQ(tile({.kernel = {2, 2}, .stride = {1, 1}, .begin = {1, 1}, .end = {1, 1}}), "2x2 in 162") << "more windows than pixels";
}

TEST(InputSide, OfTakesThatRepeatOrDrop) {
  SmallNetwork net;
  const ValueId x = net.thresholds(net.input({1, 3, 2, 2}));
  const HardwarePart part = part_of(net.done({net.thresholds(net.add(Take{1, {2, 0}}, {x}))}));
  EXPECT_EQ(input_side(part.layers[1], {1, 0, false, {}}, 0).channels, 12);
  EXPECT_EQ(part.links[part.layers[1].output].channels * part.links[part.layers[1].output].vectors, 8);
  EXPECT_EQ(layer_interval(part.layers[1], {1, 0, false, {}}), 12) << "everything comes in";
}

}  // namespace
}  // namespace finnr
