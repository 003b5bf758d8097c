// SPDX-License-Identifier: Apache-2.0
#include "finnr/hardware/lower.h"

#include "finnr/graph/text.h"
#include "finnr/hardware/chain_for_test.h"

namespace finnr {
namespace {

Design lowered(const Graph& graph, const Folding& folding) {
  Result<Design> design = lower(graph, part_of(graph), folding, "net");
  EXPECT_TRUE(design.ok()) << to_text(design.error());
  return design.ok() ? *std::move(design) : Design{};
}

std::string kinds(const Design& design) {
  std::string text;
  for (const Unit& unit : design.units) text += (text.empty() ? "" : " ") + unit.name;
  return text;
}

/// What must hold of every design: neighbours agree, lanes divide, beats are whole, and every unit finds what it expects.
void expect_sound(const Design& design) {
  ASSERT_EQ(design.streams.size(), design.units.size() + 1) << print(design);
  for (std::size_t i = 0; i < design.streams.size(); ++i) {
    const Stream& s = design.streams[i];
    EXPECT_EQ(s.padded % s.lanes, 0) << print(design);
    EXPECT_GE(s.padded, s.channels);
    EXPECT_EQ(s.from.valid(), i > 0);
    EXPECT_EQ(s.to.valid(), i + 1 < design.streams.size());
  }
  for (std::size_t i = 0; i < design.units.size(); ++i) {
    const Stream& in = design.streams[i];
    const Stream& out = design.streams[i + 1];
    if (const auto* m = std::get_if<Mvu>(&design.units[i].kind)) {
      EXPECT_EQ(in.lanes, m->simd);
      EXPECT_EQ(out.lanes, m->pe);
      EXPECT_EQ(in.padded, m->mw);
      EXPECT_EQ(out.padded, m->mh);
      EXPECT_EQ(in.vectors, m->vectors);
      EXPECT_EQ(m->mw % m->simd, 0);
      EXPECT_EQ(m->mh % m->pe, 0);
    } else if (std::holds_alternative<Width>(design.units[i].kind)) {
      EXPECT_EQ(in.lanes * in.beats(), out.lanes * out.beats());
      EXPECT_TRUE(in.lanes % out.lanes == 0 || out.lanes % in.lanes == 0);
    } else if (!std::holds_alternative<TopKUnit>(design.units[i].kind)) {
      EXPECT_EQ(in.lanes, out.lanes) << print(design);
      EXPECT_EQ(in.beats(), out.beats()) << print(design);
    }
  }
}

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
  EXPECT_EQ(interval(design, UnitId{1}), 4);
  EXPECT_EQ(interval(design, UnitId{2}), 4);
  EXPECT_EQ(interval(design), 4);
  EXPECT_EQ(macs_per_cycle(design), 12 + 6);
}

TEST(Lower, DeepWeightsGoToBlockRam) {
  const Design shallow = lowered(integer_chain({64, 2}), {{1, 1, false, {}}});
  EXPECT_EQ(std::get<Mvu>(shallow.units[1].kind).weight_store, Store::kLutRam);
  const Design deep = lowered(integer_chain({65, 2}), {{1, 1, false, {}}});
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

TEST(Lower, PaddingAtTheEdgesAndBetween) {
  const Design design = lowered(integer_chain({7, 5, 3}), {{2, 4, true, {}}, {2, 3, true, {}}});
  expect_sound(design);
  EXPECT_EQ(design.streams.front().padded, 8);
  EXPECT_EQ(design.streams.front().channels, 7);
  EXPECT_EQ(std::get<Mvu>(design.units[1].kind).mh, 6);
  EXPECT_EQ(design.streams.back().padded, 4);
  EXPECT_EQ(design.streams.back().channels, 3);
}

TEST(Lower, PaddingPassesThroughThresholdUnits) {
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

TEST(Lower, LanesOfThresholdsFollowTheNeighbour) {
  const Graph graph = integer_chain({12, 4}, 3, 1, 2);
  EXPECT_EQ(lowered(graph, {{0, 0, false, {}}, {1, 6, false, {}}}).streams.front().lanes, 6);
  EXPECT_EQ(lowered(graph, {{3, 0, false, {}}, {1, 6, false, {}}}).streams.front().lanes, 3);
}

TEST(Lower, BipolarWeightsTakeAThirdValueWherePaddingNeedsIt) {
  Graph graph;
  const ValueId x = graph.add_input("x", ElementType::integer({0, 3, false}), {1, 3});
  const ValueId w = graph.add_constant(Tensor({3, 2}, Tensor::Ints{1, -1, 1, 1, -1, -1}));
  graph.set_outputs({graph.must_add(MatMul{}, {x, w}, {})});
  EXPECT_TRUE(std::get<Mvu>(lowered(graph, {{1, 3, false, {}}}).units[1].kind).w.bipolar);
  EXPECT_EQ(std::get<Mvu>(lowered(graph, {{1, 2, true, {}}}).units[1].kind).w, (IntType{-1, 1, false}));
}

TEST(Lower, TopKIsNotPadded) {
  const Graph graph = integer_chain({6, 5}, 3, 1, 0, 2);
  const HardwarePart part = part_of(graph);
  expect_sound(lowered(graph, {{5, 3, false, {}}, {0, 0, false, {}}}));
  const Result<Design> padded = lower(graph, part, {{2, 3, true, {}}, {0, 0, false, {}}}, "net");
  ASSERT_FALSE(padded.ok());
  EXPECT_EQ(padded.error().code, Code::kIllegalFolding);
  EXPECT_NE(padded.error().cause.find("top-k"), std::string::npos);
}

TEST(Lower, BeatsAcrossVectorsBelongToOneLongVector) {
  const Result<Graph> graph = parse(R"(
input %0 "x" : int[0,9][3,4]
const %1 : int[1,4][4,1] = [1,2,3,4]
const %2 : int[0,0][4] = [0,0,0,0]
const %3 : int[1,1][4,1] = [1,1,1,1]
%4 = thresholds(%0, %1, %2, %3) {axis=1, codes=int[0,9]} : int[0,9][3,4]
const %5 : int[1,1][1,1] = [1]
const %6 : int[0,0][1] = [0]
%7 = thresholds(%4, %5, %6, %5) {axis=1, codes=int[0,1]} : int[0,1][3,4]
output %7)");
  ASSERT_TRUE(graph.ok()) << to_text(graph.error());
  const Design design = lowered(*graph, {{2, 0, false, {}}, {3, 0, false, {}}});
  EXPECT_EQ(kinds(design), "fifo_in thr0 width0 width1 thr1 fifo_out");
  expect_sound(design);
  EXPECT_EQ(design.streams[3].lanes, 6);
  EXPECT_EQ(design.streams[3].vectors, 1);
  EXPECT_EQ(design.streams[3].channels, 12);
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

TEST(Lower, WideOperandsAreRefused) {
  Graph graph;
  const ValueId x = graph.add_input("x", ElementType::integer(IntType::of_bits(17, true)), {1, 2});
  const ValueId w = graph.add_constant(Tensor({2, 1}, Tensor::Ints{1, 2}));
  graph.set_outputs({graph.must_add(MatMul{}, {x, w}, {"fc_0"})});
  const Result<Design> design = lower(graph, part_of(graph), {{1, 1, false, {}}}, "net");
  ASSERT_FALSE(design.ok());
  EXPECT_EQ(design.error().code, Code::kTooWide);
  EXPECT_EQ(design.error().places[0].node, "fc_0");
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

TEST(PrintDesign, OneLineAUnitAndAStream) {
  EXPECT_EQ(print(lowered(integer_chain({4, 2}), {{1, 2, false, {}}})), R"(design net clock 100 MHz interval 4
  stream in : int[0,3] x 2 lanes, 2 beats (1 x 4) of %0
unit fifo_in : fifo depth 2 interval 2
  stream fifo_in : int[0,3] x 2 lanes, 2 beats (1 x 4) of %0
unit fc0 : mvu 2x4 pe 1 simd 2 x int[0,3] w int[-2,1] accumulator int[-15,3] store lutram interval 4 from MatMul_0
  stream fc0 : int[-15,3] x 1 lanes, 2 beats (1 x 2) of %2
unit fifo_out : fifo depth 2 interval 2
  stream fifo_out : int[-15,3] x 1 lanes, 2 beats (1 x 2) of %2
)");
}

}  // namespace
}  // namespace finnr
