// SPDX-License-Identifier: Apache-2.0
// Small integer networks all the way: layers, units, SystemVerilog, simulation, comparison of every stream.
#include <gtest/gtest.h>

#include <algorithm>

#include "finnr/base/files.h"
#include "finnr/explore/layer_options.h"
#include "finnr/explore/search.h"
#include "finnr/generate/generate.h"
#include "finnr/hardware/chain_for_test.h"
#include "finnr/hardware/folding_for_test.h"
#include "finnr/hardware/lower.h"
#include "finnr/hardware/network_for_test.h"
#include "finnr/simulate/simulator_for_test.h"
#include "finnr/verify/verify.h"

namespace finnr {
namespace {

void expect_exact(const Graph& graph, const Folding& folding) {
  if (no_simulator()) GTEST_SKIP() << "needs verilator and g++";
  const HardwarePart part = part_of(graph);
  const Result<Design> design = lower(part, folding, "small");
  ASSERT_TRUE(design.ok()) << to_text(design.error());
  SCOPED_TRACE(print(*design));
  const Generated generated = generate(*design);
  const Result<ScratchFolder> folder = ScratchFolder::make();
  ASSERT_TRUE(folder.ok());
  for (const char* name : {"rtl", "mem"}) std::filesystem::create_directories(folder->path() / name);
  for (const GeneratedFile& file : generated.files) ASSERT_TRUE(write_file(folder->path() / file.path, file.text).ok());
  VerifyOptions options;
  options.frames = 6;
  const Result<Verdict> verdict = verify_bundle(folder->path(), generated.bundle, graph, options);
  ASSERT_TRUE(verdict.ok()) << to_text(verdict.error());
  EXPECT_TRUE(verdict->good()) << to_text(explain(*verdict, folder->path()));
  EXPECT_GT(verdict->measured_interval, 0);
}

/// One element after the other.
void expect_exact_slow(const Graph& graph) { expect_exact(graph, balance(part_of(graph), INT64_MAX)); }

void expect_exact_folded(const Graph& graph, std::uint64_t seed) {
  Rng rng(seed);
  expect_exact(graph, random_folding(part_of(graph), rng, false));
}

/// Two images in a frame: padding and strides, groups, a depthwise convolution, a short way around it, a transposed convolution, a
/// shuffle of channels, and a matrix behind the flattened image.
Graph convolutions() {
  SmallNetwork net;
  ValueId x = net.input({2, 4, 5, 6});
  x = net.thresholds(net.conv(x, 6, {3, 2}, {.stride = {2, 1}, .begin = {1, 0}, .end = {1, 1}, .groups = 2, .fill = 1}));
  const ValueId y = net.conv(x, 6, {3, 3}, {.begin = {1, 1}, .end = {1, 1}, .groups = 6});
  x = net.thresholds(net.add(Join{JoinFunction::kAdd, 1, -2}, {net.thresholds(y), x}));
  x = net.add(Reshape{{2, 3, 2, 3, 6}}, {x});
  x = net.add(Reshape{{2, 6, 3, 6}}, {net.add(Transpose{{0, 2, 1, 3, 4}}, {x})});
  x = net.thresholds(net.conv(x, 2, {2, 3}, {.begin = {1, 0}, .end = {0, 1}, .spacing = {2, 1}}), 1);
  return net.done({net.matmul(net.add(Reshape{{2, 50}}, {x}), 3)});
}

TEST(Accelerators, ConvolutionsOneAtATime) { expect_exact_slow(convolutions()); }
TEST(Accelerators, ConvolutionsFolded) { expect_exact_folded(convolutions(), 1); }

/// Two inputs and three outputs; every way to move elements, pools that overlap, a gate.
Graph moves() {
  SmallNetwork net;
  const ValueId a = net.thresholds(net.input({1, 4, 4, 4}));
  const ValueId b = net.thresholds(net.conv(net.input({1, 2, 5, 4}), 2, {2, 1}), 20);
  const ValueId channels = net.add(Concat{1}, {a, b});
  const ValueId most = net.pool(channels, {.kernel = {3, 3}, .begin = {1, 1}, .end = {1, 1}});
  const ValueId rows = net.add(Concat{2}, {net.add(Take{1, {2, 3, 4, 5}}, {most}), a});
  const ValueId wide = net.add(Take{3, {0, 0, 1, 1, 2, 2, 3, 3}}, {rows});
  const ValueId half = net.add(Take{2, {1, 3, 5, 7}}, {wide});
  const ValueId turned = net.pad(net.add(Take{1, {3, 0, 2, 1, 1, 0}}, {half}), {0, 0, 1, 0}, {0, 0, 0, 1}, -1);
  const ValueId gate = net.thresholds(net.add(Sum{{2, 3}, true}, {turned}));
  const ValueId gated = net.thresholds(net.add(Join{JoinFunction::kMul, 1, 1}, {turned, gate}));
  const ValueId columns = net.pool(gated, {.kind = PoolKind::kSum, .kernel = {2, 3}, .stride = {1, 2}});
  return net.done({columns, rows, gate});
}

TEST(Accelerators, MovesOneAtATime) { expect_exact_slow(moves()); }
TEST(Accelerators, MovesFolded) { expect_exact_folded(moves(), 2); }

/// Numbers of one bit: padded with a third value, pooled, by channel, along a signal; labels at the end.
Graph bits() {
  SmallNetwork net;
  const IntType one = IntType::bipolar_type();
  ValueId x = net.thresholds(net.input({1, 4, 12}), 1, 1, true);
  x = net.thresholds(net.conv(x, 4, {3}, {.begin = {1}, .end = {1}}, one), 1, 1, true);
  x = net.pool(x, {.kernel = {2}, .stride = {2}, .begin = {1}, .end = {1}});
  x = net.thresholds(net.conv(x, 4, {2}, {.begin = {1}, .end = {0}, .groups = 4, .fill = 1}, one), 1, 1, true);
  x = net.thresholds(net.conv(x, 6, {1}, {}, one), 2);
  x = net.add(Reshape{{7, 6}}, {net.add(Transpose{{0, 2, 1}}, {x})});
  x = net.matmul(net.add(Transpose{{1, 0}}, {x}), 2);  // six vectors of seven
  return net.done({net.top_k(net.add(Reshape{{12}}, {x}), 2, 0)});
}

/// Five and seven channels, which no lanes divide: padded between convolutions, through all that takes channels one by one.
Graph awkward() {
  SmallNetwork net;
  ValueId x = net.thresholds(net.conv(net.input({1, 3, 6, 6}), 5, {3, 3}, {.begin = {1, 1}, .end = {1, 1}}), 20);
  const ValueId y = net.thresholds(net.conv(x, 5, {3, 3}, {.begin = {1, 1}, .end = {1, 1}, .groups = 5, .fill = 1}));
  x = net.thresholds(net.add(Join{JoinFunction::kAdd, 1, -2}, {y, x}));
  x = net.pool(x, {.kernel = {2, 2}, .stride = {2, 2}});
  x = net.thresholds(net.conv(x, 7, {2, 2}, {.begin = {1, 1}, .end = {0, 0}}, IntType::bipolar_type()), 1, 1, true);
  x = net.pool(x, {.kernel = {2, 2}});
  x = net.thresholds(net.conv(x, 7, {1, 1}, {}, IntType::bipolar_type()), 1, 1, true);
  return net.done({net.conv(x, 3, {2, 2}, {}, IntType::bipolar_type())});
}

TEST(Accelerators, PaddedInside) {
  const Graph graph = awkward();
  const HardwarePart part = part_of(graph);
  Folding folding = balance(part, INT64_MAX);
  for (std::size_t i = 0; i < folding.size(); ++i) {
    const std::int64_t channels = part.links[part.layers[i].output].channels;
    folding[i].pad = true;
    folding[i].padded = channels == 3 ? 4 : channels == 5 ? 6 : 8;
    if (folding[i].pe != 0) folding[i].pe = channels == 5 ? 3 : 4;
  }
  folding[0].simd = 9;
  expect_exact(graph, folding);
}

/// The explorer's own choice under a tight budget, which pads.
TEST(Accelerators, PaddedByTheExplorer) {
  const Graph graph = awkward();
  const HardwarePart part = part_of(graph);
  OptionRules rules;
  rules.largest = {1 << 30, 1 << 30, 1 << 30, 1 << 30, 1 << 30};
  const UnitCost products = [](const Design&, const Unit& unit) {  // a LUT each
    const auto* m = std::get_if<Mvu>(&unit.kind);
    const auto* v = std::get_if<Vvu>(&unit.kind);
    return Cost{m != nullptr ? std::int64_t{m->pe} * m->simd : v != nullptr ? std::int64_t{v->pe} * v->simd : 0};
  };
  const Result<FoldingProblem> problem = folding_problem(part, rules, products);
  ASSERT_TRUE(problem.ok());
  const Answer best = fastest(problem->problem, {budget_of(problem->problem, 0, 140)});
  ASSERT_TRUE(best.choice && best.proved());
  const Folding folding = folding_of(*problem, *best.choice);
  EXPECT_GE(std::ranges::count_if(folding, [](const Fold& fold) { return fold.padded > 0; }), 3);
  expect_exact(graph, folding);
}

/// The last rows that a slow convolution makes are dropped by the pool behind it: they come after the last frame has left.
TEST(Accelerators, RowsThatNobodyNeeds) {
  SmallNetwork net;
  const ValueId x = net.thresholds(net.conv(net.input({1, 2, 5, 4}), 4, {3, 1}, {.begin = {1, 0}, .end = {1, 0}}));
  expect_exact_slow(net.done({net.pool(x, {.kernel = {2, 2}, .stride = {6, 2}})}));
}

TEST(Accelerators, Bits) { expect_exact_folded(bits(), 3); }

}  // namespace
}  // namespace finnr
