// SPDX-License-Identifier: Apache-2.0
#include "finnr/hardware/padding.h"

#include "finnr/hardware/lowered_for_test.h"
#include "finnr/hardware/network_for_test.h"

namespace finnr {
namespace {

TEST(Padding, AtTheEdgesAndBetween) {
  const Design design = lowered(integer_chain({7, 5, 3}), {{2, 4, true, {}}, {2, 3, true, {}}});
  expect_sound(design);
  EXPECT_EQ(design.streams.front().padded, 8);
  EXPECT_EQ(design.streams.front().channels, 7);
  EXPECT_EQ(std::get<Mvu>(design.units[1].kind).mh, 6);
  EXPECT_EQ(design.streams.back().padded, 4);
  EXPECT_EQ(design.streams.back().channels, 3);
}

TEST(Padding, PassesThroughThresholdUnits) {
  for (const int lanes : {0, 1, 5}) {
    const Graph graph = integer_chain({7, 5, 3}, 20);
    const Design design = lowered(graph, {{2, 7, true, {}}, {lanes, 0, false, {}}, {1, 3, true, {}}});
    EXPECT_NE(kinds(design).find("thr0"), std::string::npos);
    expect_sound(design);
  }
  const Graph front = integer_chain({7, 5}, 3, 2, 2);
  const Design design = lowered(front, {{0, 0, false, {}}, {1, 4, true, {}}});
  expect_sound(design);
  EXPECT_EQ(design.streams.front().padded, 8);
}

TEST(Padding, BipolarWeightsTakeAThirdValueWherePaddingNeedsIt) {
  Graph graph;
  const ValueId x = graph.add_input("x", ElementType::integer({0, 3, false}), {1, 3});
  const ValueId w = graph.add_constant(Tensor({3, 2}, Tensor::Ints{1, -1, 1, 1, -1, -1}));
  graph.set_outputs({graph.must_add(MatMul{}, {x, w}, {})});
  EXPECT_TRUE(std::get<Mvu>(lowered(graph, {{1, 3, false, {}}}).units[1].kind).w.bipolar);
  EXPECT_EQ(std::get<Mvu>(lowered(graph, {{1, 2, true, {}}}).units[1].kind).w, (IntType{-1, 1, false}));
}

TEST(Padding, TopKIsNotPadded) {
  const Graph graph = integer_chain({6, 5}, 3, 1, 0, 2);
  const HardwarePart part = part_of(graph);
  expect_sound(lowered(graph, {{5, 3, false, {}}, {0, 0, false, {}}}));
  const Result<Design> padded = lower(part, {{2, 3, true, {}}, {0, 0, false, {}}}, "net");
  ASSERT_FALSE(padded.ok());
  EXPECT_EQ(padded.error().code, Code::kIllegalFolding);
  EXPECT_NE(padded.error().cause.find("top-k"), std::string::npos);
}

/// Five channels between two convolutions, through everything that takes them one by one.
TEST(Padding, PassesThroughImages) {
  SmallNetwork net;
  ValueId x = net.thresholds(net.conv(net.input({1, 3, 8, 8}), 5, {3, 3}));
  x = net.pool(x, {.kernel = {2, 2}, .stride = {2, 2}});
  const ValueId y = net.thresholds(net.conv(x, 5, {3, 3}, {.begin = {1, 1}, .end = {1, 1}, .groups = 5}));
  x = net.thresholds(net.add(Join{JoinFunction::kAdd, 1, 1}, {y, x}), 20);
  const Graph graph = net.done({net.conv(x, 2, {2, 2}, {}, IntType::bipolar_type())});
  const HardwarePart part = part_of(graph);
  ASSERT_EQ(part.layers.size(), 6U);
  Folding folding(6);
  folding[0] = {4, 9, true, {}};
  folding[0].padded = 8;
  folding[1] = folding[3] = folding[4] = {2, 1, true, {}};
  folding[2] = {8, 3, true, {}};
  folding[5] = {1, 16, true, {}};
  const Design design = lowered(graph, folding);
  expect_sound(design);
  for (const Stream& stream : design.streams) EXPECT_TRUE(stream.channels != 5 || stream.padded == 8) << stream.name;
  EXPECT_EQ(all<Mvu>(design)[0].mh, 8);
  EXPECT_EQ(all<Vvu>(design)[0].channels, 8);
  const Mvu& last = all<Mvu>(design)[1];
  EXPECT_EQ(last.mw, 4 * 8);
  EXPECT_EQ(last.w, (IntType{-1, 1, false})) << "bits have no weight that adds nothing";
  for (std::int64_t row = 0; row < last.mw; ++row) EXPECT_EQ(last.weights->ints()[static_cast<std::size_t>(row * 2)] == 0, row % 8 >= 5);

  // As few as all lanes need, without a number: two at once, and 3 of 4 x 6 inputs of the last convolution.
  folding[0] = {2, 9, true, {}};
  folding[2].pe = 1;
  folding[5].simd = 8;
  const Design few = lowered(graph, folding);
  expect_sound(few);
  for (const Stream& stream : few.streams) EXPECT_TRUE(stream.channels != 5 || stream.padded == 6) << stream.name;
}

TEST(Padding, EndsWhereItWouldBeData) {
  const auto refused = [](const Graph& graph, const Folding& folding, const std::string& why) {
    SCOPED_TRACE(why);
    const Result<Design> padded = lower(part_of(graph), folding, "net");
    ASSERT_FALSE(padded.ok());
    EXPECT_EQ(padded.error().code, Code::kIllegalFolding);
    EXPECT_NE(padded.error().cause.find(why), std::string::npos) << padded.error().cause;
  };
  SmallNetwork net;
  ValueId x = net.thresholds(net.conv(net.input({1, 4, 3, 3}), 6, {1, 1}));
  refused(net.done({net.conv(x, 2, {2, 2}, {.groups = 2})}), {{4, 1, true, {}}, {1, 1, false, {}}},
          "layer conv1 would take the padding for data");
  SmallNetwork flat;
  x = flat.thresholds(flat.conv(flat.input({1, 4, 3, 3}), 5, {1, 1}));
  refused(flat.done({flat.matmul(flat.add(Reshape{{1, 45}}, {x}), 2)}), {{2, 1, true, {}}, {1, 1, false, {}}}, "different vectors");
  SmallNetwork wide;
  x = wide.thresholds(wide.conv(wide.input({1, 4, 4, 4}), 5, {1, 1}));
  Folding folding = {{2, 1, true, {}}, {2, 20, false, {}, 3}};
  refused(wide.done({wide.conv(x, 2, {2, 2})}), folding, "several pixels at once");
  SmallNetwork bits;
  const IntType one = IntType::bipolar_type();
  x = bits.thresholds(bits.conv(bits.input({1, 4, 3, 3}), 5, {1, 1}), 1, 1, true);
  x = bits.thresholds(bits.conv(x, 5, {3, 3}, {.begin = {1, 1}, .end = {1, 1}, .groups = 5}), 1, 1, true);
  refused(bits.done({bits.conv(x, 2, {1, 1}, {}, one)}), {{2, 1, true, {}}, {1, 1, false, {}}, {1, 1, false, {}}}, "single bits");
  SmallNetwork far;
  x = far.input({1, 4, 3, 3});
  for (int i = 0; i < 7; ++i) x = far.pool(x, {.kernel = {2, 2}, .begin = {1, 1}, .end = {0, 0}});
  Folding primes;
  for (const int lanes : {5, 7, 11, 13, 17, 19, 23}) primes.push_back({lanes, 1, true, {}});
  refused(far.done({x}), primes, "no common multiple");
}

}  // namespace
}  // namespace finnr
