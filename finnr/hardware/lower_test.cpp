// SPDX-License-Identifier: Apache-2.0
#include "finnr/hardware/lower.h"

#include <algorithm>
#include <numeric>

#include "finnr/graph/text.h"
#include "finnr/hardware/chain_for_test.h"
#include "finnr/hardware/lanes.h"
#include "finnr/hardware/network_for_test.h"

namespace finnr {
namespace {

Design lowered(const Graph& graph, const Folding& folding) {
  Result<Design> design = lower(part_of(graph), folding, "net");
  EXPECT_TRUE(design.ok()) << to_text(design.error());
  return design.ok() ? *std::move(design) : Design{};
}

std::string kinds(const Design& design) {
  std::string text;
  for (const Unit& unit : design.units) text += (text.empty() ? "" : " ") + unit.name;
  return text;
}

/// How many streams enter and leave a unit of a kind; -1 for any number.
std::pair<std::ptrdiff_t, std::ptrdiff_t> ends_of(const Unit& unit) {
  if (std::holds_alternative<JoinUnit>(unit.kind)) return {2, 1};
  if (std::holds_alternative<ForkUnit>(unit.kind)) return {1, -1};
  if (const auto* c = std::get_if<ConcatUnit>(&unit.kind)) return {std::ssize(c->turns), 1};
  return {1, 1};
}

/// What must hold of every design: ends and ports are numbered, lanes divide, and every unit finds what it expects.
void expect_sound(const Design& design) {
  SCOPED_TRACE(print(design));
  for (const Stream& s : design.streams) {
    EXPECT_EQ(s.padded % s.lanes, 0) << s.name;
    EXPECT_GE(s.padded, s.channels) << s.name;
    EXPECT_TRUE(s.from.valid() || s.to.valid()) << s.name;
    EXPECT_TRUE(!s.from.valid() || !s.to.valid() || s.from.value < s.to.value) << s.name;
    EXPECT_TRUE(!s.value.valid() || s.padded != s.channels || s.layout.elements() == s.vectors * s.channels) << s.name;
  }
  for (std::uint32_t i = 0; i < design.units.size(); ++i) {
    const Unit& unit = design.units[i];
    std::vector<Stream> in;
    std::vector<Stream> out;
    for (const std::size_t k : unit.inputs) in.push_back(design.streams[k]);
    for (const std::size_t k : unit.outputs) out.push_back(design.streams[k]);
    const auto [ins, outs] = ends_of(unit);
    ASSERT_EQ(std::ssize(in), ins) << unit.name;
    ASSERT_TRUE(outs < 0 ? out.size() > 1 : std::ssize(out) == outs) << unit.name;
    for (const Stream& s : in) EXPECT_EQ(s.to, UnitId{i}) << unit.name;
    for (const Stream& s : out) EXPECT_EQ(s.from, UnitId{i}) << unit.name;
    const auto same_beats = [&] {
      for (const std::vector<Stream>* list : {&in, &out}) {
        for (const Stream& s : *list) EXPECT_TRUE(s.lanes == in[0].lanes && s.beats() == in[0].beats()) << unit.name;
      }
    };
    std::visit(Overloaded{[&](const Mvu& m) {
                            EXPECT_TRUE(in[0].lanes == m.simd && out[0].lanes == m.pe) << unit.name;
                            EXPECT_EQ(in[0].padded, m.mw) << unit.name;
                            EXPECT_EQ(in[0].vectors, m.vectors) << unit.name;
                            EXPECT_EQ(out[0].vectors * out[0].padded, m.vectors * m.mh) << unit.name;
                            EXPECT_TRUE(m.mw % m.simd == 0 && m.mh % m.pe == 0) << unit.name;
                          },
                          [&](const Vvu& v) {
                            EXPECT_TRUE(in[0].lanes == v.pe * v.simd && out[0].lanes == v.pe) << unit.name;
                            EXPECT_EQ(in[0].beats() * in[0].lanes, v.pixels * v.channels * v.kernel) << unit.name;
                            EXPECT_EQ(out[0].beats(), v.pixels * (v.channels / v.pe)) << unit.name;
                            EXPECT_TRUE(v.channels % v.pe == 0 && v.kernel % v.simd == 0) << unit.name;
                          },
                          [&](const WindowUnit& w) {
                            EXPECT_EQ(in[0].lanes * w.shape.tile_h * w.shape.tile_w, out[0].lanes) << unit.name;
                            EXPECT_EQ(in[0].beats(), w.images * in_beats(w.shape)) << unit.name;
                            EXPECT_EQ(out[0].beats(), w.images * out_beats(w.shape)) << unit.name;
                            EXPECT_EQ(w.cycles, std::max(in_beats(w.shape), out_beats(w.shape))) << unit.name << ": no beat is lost";
                          },
                          [&](const PoolUnit& p) {
                            EXPECT_EQ(in[0].beats(), p.count * out[0].beats()) << unit.name;
                            EXPECT_EQ(in[0].lanes, p.simd * out[0].lanes) << unit.name;
                          },
                          [&](const ReplayUnit& r) {
                            EXPECT_EQ(out[0].beats(), r.passes * in[0].beats()) << unit.name;
                            EXPECT_EQ(in[0].beats() % r.words, 0) << unit.name;
                          },
                          [&](const ConcatUnit& c) {
                            const std::int64_t round = std::accumulate(c.turns.begin(), c.turns.end(), std::int64_t{0});
                            for (std::size_t k = 0; k < in.size(); ++k) {
                              EXPECT_EQ(in[k].beats() * round, c.turns[k] * out[0].beats()) << unit.name;
                              EXPECT_EQ(in[k].beat_bits(), out[0].beat_bits()) << unit.name;
                            }
                          },
                          [&](const TakeUnit& t) {
                            EXPECT_EQ(in[0].beats() * t.count, out[0].beats() * t.period) << unit.name;
                            EXPECT_LE(t.first + t.count, t.period) << unit.name;
                          },
                          [&](const PermuteUnit& p) {
                            EXPECT_EQ(out[0].beats(), std::ssize(p.index)) << unit.name;
                            for (const std::int64_t k : p.index) EXPECT_TRUE(k >= 0 && k < in[0].beats()) << unit.name;
                          },
                          [&](const Width&) {
                            EXPECT_EQ(in[0].lanes * in[0].beats(), out[0].lanes * out[0].beats()) << unit.name;
                            EXPECT_TRUE(in[0].lanes % out[0].lanes == 0 || out[0].lanes % in[0].lanes == 0) << unit.name;
                          },
                          [&](const CastUnit&) {
                            same_beats();
                            EXPECT_GE(out[0].element.bits(), in[0].element.bits()) << unit.name;
                          },
                          [](const TopKUnit&) {}, [&](const Threshold&) { same_beats(); }, [&](const JoinUnit&) { same_beats(); },
                          [&](const ForkUnit&) { same_beats(); },
                          [&](const Fifo& f) {
                            same_beats();
                            EXPECT_GE(f.depth, 1) << unit.name;
                          }},
               unit.kind);
  }
}

template <class T>
std::vector<T> all(const Design& design) {
  std::vector<T> found;
  for (const Unit& unit : design.units) {
    if (const auto* kind = std::get_if<T>(&unit.kind)) found.push_back(*kind);
  }
  return found;
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
  const Result<Design> padded = lower(part, {{2, 3, true, {}}, {0, 0, false, {}}}, "net");
  ASSERT_FALSE(padded.ok());
  EXPECT_EQ(padded.error().code, Code::kIllegalFolding);
  EXPECT_NE(padded.error().cause.find("top-k"), std::string::npos);
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

/// Five channels between two convolutions, through everything that takes them one by one.
TEST(Lower, PaddingPassesThroughImages) {
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

TEST(Lower, PaddingEndsWhereItWouldBeData) {
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
