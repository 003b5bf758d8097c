// SPDX-License-Identifier: Apache-2.0
#include "finnr/hardware/lower.h"

#include <algorithm>

#include "finnr/graph/text.h"
#include "finnr/hardware/chain_for_test.h"
#include "finnr/hardware/lanes.h"
#include "finnr/hardware/lowered_for_test.h"
#include "finnr/hardware/network_for_test.h"

namespace finnr {
namespace {

TEST(Lower, MatricesBetweenQueues) {
  const Graph graph = integer_chain({8, 6, 4});
  const Design design = lowered(graph, {{3, 4, false, {}}, {2, 3, false, Store::kUltra}});
  EXPECT_EQ(kinds(design), "fifo_in fc0 fc1 fifo_out");
  expect_sound(design);
  const auto& fc0 = std::get<Mvu>(design.units[1].kind);
  EXPECT_EQ(fc0.x, (IntType{0, 3}));
  EXPECT_EQ(fc0.steps->count(), 3);
  EXPECT_EQ(fc0.weight_store, Store::kLutRam);
  EXPECT_EQ(std::get<Mvu>(design.units[2].kind).weight_store, Store::kUltra);
  EXPECT_EQ(interval(design, design.units[1]), 4);
  EXPECT_EQ(interval(design, design.units[2]), 4);
  EXPECT_EQ(interval(design), 4);
  EXPECT_EQ(macs_per_cycle(design), 12 + 6);
}

TEST(Lower, DeepWeightsGoToBlockRam) {
  const Design shallow = lowered(integer_chain({64, 2}), {{1, 1, false, {}}});
  EXPECT_EQ(std::get<Mvu>(shallow.units[1].kind).weight_store, Store::kLutRam);
  const Design deep = lowered(integer_chain({4096, 2}), {{1, 1, false, {}}});
  EXPECT_EQ(std::get<Mvu>(deep.units[1].kind).weight_store, Store::kBlock);
}

TEST(Lower, OneWidthConverterWhereOneRatioIsWhole) {
  const Design design = lowered(integer_chain({8, 6, 4}), {{6, 8, false, {}}, {1, 2, false, {}}});
  EXPECT_EQ(kinds(design), "fifo_in fc0 width0 fc1 fifo_out");
  expect_sound(design);
}

TEST(Lower, TwoThroughTheLeastCommonMultiple) {
  const Design design = lowered(integer_chain({8, 6, 4}), {{2, 8, false, {}}, {1, 3, false, {}}});
  EXPECT_EQ(kinds(design), "fifo_in fc0 width0 width1 fc1 fifo_out");
  EXPECT_EQ(design.streams[3].lanes, 6);
  expect_sound(design);
}

TEST(Lower, LanesOfThresholdsFollowTheNeighbour) {
  const Graph graph = integer_chain({12, 4}, 3, 1, 2);
  EXPECT_EQ(lowered(graph, {{0, 0, false, {}}, {1, 6, false, {}}}).streams.front().lanes, 6);
  EXPECT_EQ(lowered(graph, {{3, 0, false, {}}, {1, 6, false, {}}}).streams.front().lanes, 3);
}

TEST(Lower, BeatsAcrossVectorsBelongToOneLongVector) {
  SmallNetwork net;
  const ValueId x = net.matmul(net.input({3, 2}), 4);
  const Graph graph = net.done({net.matmul(net.add(Reshape{{2, 6}}, {x}), 1)});
  const Design design = lowered(graph, {{4, 2, false, {}}, {1, 3, false, {}}});
  EXPECT_EQ(kinds(design), "fifo_in fc0 width0 width1 fc1 fifo_out");
  expect_sound(design);
  EXPECT_EQ(design.streams[3].lanes, 12);
  EXPECT_EQ(design.streams[3].vectors, 1);
  EXPECT_EQ(design.streams[3].channels, 12);
  EXPECT_EQ(design.streams[4].vectors, 2) << "the vectors of the reader";
}

TEST(Lower, PassThrough) {
  Graph graph;
  const ValueId x = graph.add_input("x", ElementType::float32(), {2, 3});
  graph.set_outputs({x});
  const Design design = lowered(graph, {});
  EXPECT_EQ(kinds(design), "pass");
  EXPECT_EQ(design.streams.front().element.bits(), 32);
  EXPECT_EQ(design.streams.front().beats(), 6);
  EXPECT_EQ(interval(design), 6);
}

TEST(Lower, WideOperandsAndSumsAreRefused) {
  const auto refusal = [](int bits, std::int64_t weight) {
    Graph graph;
    const ValueId x = graph.add_input("x", ElementType::integer(IntType::of_bits(bits, true)), {1, 2});
    const ValueId w = graph.add_constant(Tensor({2, 1}, Tensor::Ints{weight, weight}));
    graph.set_outputs({graph.must_add(MatMul{}, {x, w}, {"fc_0"})});
    const Result<Design> design = lower(part_of(graph), {{1, 1, false, {}}}, "net");
    if (design.ok()) return std::string();
    EXPECT_EQ(design.error().code, Code::kTooWide);
    EXPECT_EQ(design.error().places[0].node, "fc_0");
    return design.error().message;
  };
  EXPECT_EQ(refusal(24, 2), "");
  EXPECT_EQ(refusal(25, 2), "layer fc0 multiplies 25-bit activations by 2-bit weights");
  EXPECT_NE(refusal(24, (1 << 24) - 1).find("need 49 bits"), std::string::npos);
}

TEST(Lower, EveryFoldingOfASmallChainIsSound) {
  const Graph graph = integer_chain({6, 10, 4}, 3, 2, 2);
  for (const std::int64_t simd0 : divisors(6)) {
    for (const std::int64_t pe0 : divisors(10)) {
      for (const std::int64_t simd1 : divisors(10)) {
        const Design design = lowered(
            graph,
            {{0, 0, false, {}}, {static_cast<int>(pe0), static_cast<int>(simd0), false, {}}, {2, static_cast<int>(simd1), false, {}}});
        expect_sound(design);
        for (const Stream& stream : design.streams) EXPECT_EQ(stream.padded, stream.channels);
      }
    }
  }
}

TEST(Lower, ConvolutionsHaveAWindowInFront) {
  SmallNetwork net;
  ValueId x = net.input({1, 4, 5, 6});
  x = net.thresholds(net.conv(x, 6, {3, 3}, {.stride = {2, 2}, .begin = {1, 1}, .end = {1, 1}}));
  const Graph graph = net.done({net.conv(x, 2, {1, 1})});
  const Design design = lowered(graph, {{2, 12, false, {}}, {1, 3, false, {}}});
  EXPECT_EQ(kinds(design), "fifo_in conv0_window width0 conv0 width1 width2 conv1 fifo_out");
  expect_sound(design);
  const WindowUnit window = all<WindowUnit>(design)[0];
  EXPECT_EQ(window.shape.groups, 1);
  EXPECT_EQ(window.shape.inner * design.streams[0].lanes, 4);
  const Mvu conv = all<Mvu>(design)[0];
  EXPECT_EQ(conv.mw, 36);
  EXPECT_EQ(conv.mh, 6);
  EXPECT_EQ(conv.vectors, 9);
  EXPECT_EQ(interval(design, design.units[3]), 9 * 3 * 3);
}

TEST(Lower, EveryFoldingOfAGroupedAndADepthwiseConvolutionIsSound) {
  SmallNetwork net;
  ValueId x = net.input({2, 6, 4, 3});
  x = net.thresholds(net.conv(x, 4, {2, 2}, {.begin = {1, 0}, .groups = 2}));
  x = net.thresholds(net.conv(x, 4, {2, 1}, {.begin = {1, 0}, .groups = 4}));
  const Graph graph = net.done({x});
  for (const std::int64_t pe : divisors(2)) {
    for (const std::int64_t simd : divisors(12)) {
      for (const std::int64_t channels : divisors(4)) {
        for (const std::int64_t elements : divisors(2)) {
          const Folding folding = {{static_cast<int>(pe), static_cast<int>(simd), false, {}},
                                   {static_cast<int>(channels), static_cast<int>(elements), false, {}}};
          const HardwarePart part = part_of(graph);
          const Design design = lowered(graph, folding);
          expect_sound(design);
          EXPECT_EQ(all<Mvu>(design)[0].groups, 2);
          EXPECT_EQ(all<WindowUnit>(design)[0].shape.groups, 2);
          EXPECT_EQ(all<WindowUnit>(design)[1].shape.inner, 1);
          std::int64_t slowest = 0;
          for (std::size_t i = 0; i < folding.size(); ++i) slowest = std::max(slowest, layer_interval(part.layers[i], folding[i]));
          EXPECT_EQ(interval(design), slowest) << "layers say how fast they are";
        }
      }
    }
  }
}

TEST(Lower, WindowsSendAsManyPositionsAsTheLayerBehindThemTakes) {
  SmallNetwork net;
  ValueId x = net.thresholds(net.conv(net.input({1, 4, 6, 6}), 4, {3, 3}, {.begin = {1, 1}, .end = {1, 1}}));
  x = net.thresholds(net.conv(x, 4, {3, 3}, {.begin = {1, 1}, .end = {1, 1}, .groups = 4}));
  const Graph graph = net.done({net.pool(x, {.kernel = {3, 3}, .stride = {1, 1}, .begin = {1, 1}, .end = {1, 1}})});
  const auto windows = [&](int simd, int elements) {
    const Design design = lowered(graph, {{4, simd, false, {}}, {4, elements, false, {}}, {4, 0, false, {}}});
    expect_sound(design);
    std::string text;
    for (const WindowUnit& w : all<WindowUnit>(design)) text += std::to_string(w.shape.tile_h * w.shape.tile_w) + " ";
    return text + "in " + std::to_string(interval(design));
  };
  EXPECT_EQ(windows(4, 1), "1 1 9 in 324");
  EXPECT_EQ(windows(12, 3), "3 3 9 in 108");
  EXPECT_EQ(windows(36, 9), "9 9 9 in 36") << "the pixels of the image";
  EXPECT_EQ(windows(18, 9), "9 9 9 in 72") << "half a window is no tile: whole ones, cut in two";
}

TEST(Lower, BranchesForkAndQueueWhereTheyMeet) {
  SmallNetwork net;
  const ValueId x = net.input({1, 2, 4, 4});
  const ValueId a = net.thresholds(net.conv(x, 2, {3, 3}, {.begin = {1, 1}, .end = {1, 1}}));
  const Graph graph = net.done({net.add(Join{}, {a, x})});
  const Design design = lowered(graph, {{1, 2, false, {}}, {0, 0, false, {}}});
  EXPECT_EQ(kinds(design), "fifo_in fork0 conv0_window conv0 width0 fifo0 join0 fifo_out");
  expect_sound(design);
  // What the window and the matrix may keep, in beats of the short way: more than two rows of the image.
  std::int64_t depth = 0;
  for (const Unit& unit : design.units) {
    if (unit.name == "fifo0") depth = std::get<Fifo>(unit.kind).depth;
  }
  EXPECT_GT(depth, 2 * 4);
  EXPECT_LT(depth, 3 * 32) << "beats of one lane";
  const JoinUnit join = all<JoinUnit>(design)[0];
  EXPECT_EQ(join.function, JoinFunction::kAdd);
}

TEST(Lower, ALinkThatIsAnOutputTooIsForked) {
  SmallNetwork net;
  const ValueId a = net.matmul(net.input({1, 4}), 4);
  const Design design = lowered(net.done({a, net.matmul(a, 2)}), {{2, 2, false, {}}, {1, 4, false, {}}});
  EXPECT_EQ(kinds(design), "fifo_in fc0 fork0 width0 fc1 fifo_out0 fifo_out1");
  expect_sound(design);
  EXPECT_EQ(design.outputs.size(), 2U);
}

TEST(Lower, GatesAreReplayed) {
  SmallNetwork net;
  const ValueId x = net.input({1, 4, 3, 3});
  const ValueId gate = net.thresholds(net.add(Sum{{2, 3}, true}, {x}));
  const Graph graph = net.done({net.add(Join{JoinFunction::kMul, 1, 1}, {x, gate})});
  const Design design = lowered(graph, {{0, 0, false, {}}, {0, 0, false, {}}, {2, 0, false, {}}});
  expect_sound(design);
  const ReplayUnit replay = all<ReplayUnit>(design).at(0);
  EXPECT_EQ(replay.words, 2);
  EXPECT_EQ(replay.passes, 9);
}

TEST(Lower, SeveralInputsAreNumbered) {
  SmallNetwork net;
  const ValueId a = net.matmul(net.input({1, 4}), 4);
  const ValueId b = net.matmul(net.input({1, 6}), 4);
  const Design design = lowered(net.done({net.add(Join{}, {a, b})}), {{2, 2, false, {}}, {4, 3, false, {}}, {4, 0, false, {}}});
  EXPECT_TRUE(kinds(design).starts_with("fifo_in0 fifo_in1 fc0 fc1 ")) << kinds(design);
  EXPECT_EQ(design.streams[design.inputs[1]].lanes, 3);
  expect_sound(design);
}

TEST(Lower, PaddingOfBipolarNumbersIsCastInFront) {
  SmallNetwork net;
  const ValueId x = net.input({1, 4, 3, 3}, IntType::bipolar_type());
  const Around padded = {.begin = {1, 1}, .end = {1, 1}};
  const Design zero = lowered(net.done({net.conv(x, 2, {3, 3}, padded, IntType::bipolar_type())}), {{1, 4, false, {}}});
  EXPECT_EQ(kinds(zero), "fifo_in cast0 conv0_window conv0 fifo_out");
  expect_sound(zero);
  EXPECT_EQ(all<Mvu>(zero)[0].x, (IntType{-1, 1, false}));
  EXPECT_TRUE(all<Mvu>(zero)[0].w.bipolar);

  SmallNetwork other;
  const ValueId y = other.input({1, 4, 3, 3}, IntType::bipolar_type());
  Around one = padded;
  one.fill = 1;
  const Design fits = lowered(other.done({other.conv(y, 2, {3, 3}, one, IntType::bipolar_type())}), {{1, 4, false, {}}});
  EXPECT_EQ(kinds(fits), "fifo_in conv0_window conv0 fifo_out") << "-1 and +1 need no third value";
}

TEST(Lower, ConcatenationsCastToOneType) {
  SmallNetwork net;
  const ValueId a = net.thresholds(net.input({1, 4, 2, 2}), 3);
  const ValueId b = net.thresholds(net.input({1, 2, 2, 2}), 1, 1, true);
  const Graph graph = net.done({net.thresholds(net.add(Concat{1}, {a, b}), 2)});
  const Design design = lowered(graph, Folding(4, Fold{0, 0, false, {}}));
  expect_sound(design);
  EXPECT_EQ(all<CastUnit>(design).size(), 2U) << "both become int[-1,3]";
  EXPECT_EQ(all<ConcatUnit>(design)[0].turns[0], 2 * all<ConcatUnit>(design)[0].turns[1]);
}

/// All kinds of layers without weights, one behind the other.
Graph moves() {
  SmallNetwork net;
  ValueId x = net.thresholds(net.input({1, 6, 4, 4}));
  x = net.pool(x, {.kernel = {3, 2}, .begin = {1, 0}, .end = {1, 1}});
  x = net.pad(x, {0, 0, 1, 0}, {0, 0, 0, 1}, -2);
  x = net.add(Take{2, {0, 0, 1, 1, 2, 2, 3, 3, 4, 4}}, {x});
  x = net.add(Take{1, {2, 3, 4, 5}}, {x});
  x = net.add(Take{3, {4, 0, 2}}, {x});
  x = net.add(Concat{2}, {x, x});
  x = net.add(Join{JoinFunction::kAdd, 2, -1}, {x, x});
  return net.done({net.thresholds(net.add(Sum{{2, 3}, true}, {x}))});
}

TEST(Lower, EveryLegalNumberOfLanesIsSound) {
  const Graph graph = moves();
  const HardwarePart part = part_of(graph);
  Folding folding(part.layers.size(), Fold{0, 0, false, {}});
  expect_sound(lowered(graph, folding));
  for (std::size_t i = 0; i < part.layers.size(); ++i) {
    for (const std::int64_t lanes : divisors(most_lanes(part.layers[i], part))) {
      Folding one = folding;
      one[i].pe = static_cast<int>(lanes);
      SCOPED_TRACE(part.layers[i].name + " with " + std::to_string(lanes));
      expect_sound(lowered(graph, one));
    }
  }
}

TEST(PrintDesign, OneLineAUnitAndAStream) {
  EXPECT_EQ(print(lowered(integer_chain({4, 2}), {{1, 2, false, {}}})), R"(design net clock 100 MHz interval 4
  stream in : int[0,3] x 2 lanes, 2 beats (1 x 4) of %0 -> fifo_in
unit fifo_in : fifo depth 2 interval 2
  stream fifo_in : int[0,3] x 2 lanes, 2 beats (1 x 4) of %0 -> fc0
unit fc0 : mvu 2x4 pe 1 simd 2 x int[0,3] w int[-2,1] accumulator int[-15,3] store lutram interval 4 from MatMul_0
  stream fc0 : int[-15,3] x 1 lanes, 2 beats (1 x 2) of %2 -> fifo_out
unit fifo_out : fifo depth 2 interval 2
  stream fifo_out : int[-15,3] x 1 lanes, 2 beats (1 x 2) of %2 -> host
)");
}

}  // namespace
}  // namespace finnr
