// SPDX-License-Identifier: Apache-2.0
// The fast emulator computes what the reference executor computes, on every instruction set.
#include "finnr/emulate/fast.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <numeric>
#include <thread>

#include "finnr/base/rng.h"
#include "finnr/emulate/fast_for_test.h"
#include "finnr/emulate/reference.h"

namespace finnr {
namespace {

using Ints = Tensor::Ints;
using Floats = Tensor::Floats;

Tensor random_tensor(const Shape& shape, const IntType& type, Rng& rng) {
  Tensor t = Tensor::zeros(shape, false);
  for (std::int64_t& x : t.ints()) x = type.bipolar ? (rng.chance(0.5) ? 1 : -1) : rng.between(type.lo, type.hi);
  return t;
}

/// Ascending thresholds over the range of a sum: on a line, at random, or beyond its ends.
ValueId add_thresholds(Graph& graph, ValueId x, const IntType& codes, int axis, Rng& rng) {
  const Value& value = graph.value(x);
  const IntType sums = value.type.ints;
  const std::int64_t rows = rng.chance(0.2) ? 1 : value.shape[static_cast<std::size_t>(axis)];
  const std::int64_t steps = codes.bipolar ? 1 : codes.hi - codes.lo;
  Ints at;
  Ints base;
  Ints signs;
  const bool line = rng.chance(0.5);
  for (std::int64_t r = 0; r < rows; ++r) {
    Ints row;
    const double slope = static_cast<double>(sums.hi - sums.lo + 1) / static_cast<double>(steps + 1) * (0.2 + rng.unit());
    const double start = static_cast<double>(sums.lo) + rng.unit() * static_cast<double>(sums.hi - sums.lo) / 2;
    for (std::int64_t k = 0; k < steps; ++k)
      row.push_back(line ? static_cast<std::int64_t>(start + slope * static_cast<double>(k)) : rng.between(sums.lo - 2, sums.hi + 2));
    std::ranges::sort(row);
    at.insert(at.end(), row.begin(), row.end());
    const bool falls = rng.chance(0.3);
    base.push_back(codes.bipolar ? (falls ? 1 : 0) : (falls ? codes.hi : codes.lo));
    signs.insert(signs.end(), static_cast<std::size_t>(steps), falls ? -1 : 1);
  }
  const std::vector<ValueId> operands = {x, graph.add_constant(Tensor({rows, steps}, at)), graph.add_constant(Tensor({rows}, base)),
                                         graph.add_constant(Tensor({rows, steps}, signs))};
  const Result<NodeId> node = graph.add(Thresholds{axis, codes}, operands);
  EXPECT_TRUE(node.ok()) << to_text(node.error());
  return graph.node(*node).outputs[0];
}

IntType random_type(Rng& rng) {
  switch (rng.between(0, 5)) {
    case 0:
      return IntType::bipolar_type();
    case 1:
      return {0, 1};
    case 2:
      return {rng.between(-3, 0), rng.between(1, 4)};
    case 3:
      return IntType::of_bits(static_cast<int>(rng.between(2, 4)), rng.chance(0.5));
    case 4:
      return IntType::of_bits(8, rng.chance(0.5));
    default:
      return {rng.between(-15, 0), rng.between(0, 15)};
  }
}

ValueId add(Graph& graph, Op op, const std::vector<ValueId>& operands) {
  const Result<NodeId> node = graph.add(std::move(op), operands);
  EXPECT_TRUE(node.ok()) << to_text(node.error());
  return graph.node(*node).outputs[0];
}

/// The network on all targets, on several frames at once and one by one.
void expect_equal(const Graph& graph, Rng& rng, std::size_t frames = 3) {
  std::vector<std::vector<Tensor>> inputs(frames);
  for (std::vector<Tensor>& frame : inputs) {
    for (const ValueId id : graph.inputs()) frame.push_back(random_tensor(graph.value(id).shape, graph.value(id).type.ints, rng));
  }
  const std::string difference = fast_difference(graph, inputs, fast_targets());
  ASSERT_EQ(difference, "");
}

TEST(Fast, RandomMatrices) {
  Rng rng(11);
  for (int i = 0; i < 60; ++i) {
    Graph graph;
    const Shape shape = {rng.chance(0.7) ? 1 : rng.between(2, 5), rng.between(1, 150)};
    const IntType type = random_type(rng);
    ValueId x = graph.add_input("x", ElementType::integer(type), shape);
    for (int layer = 0; layer < 2; ++layer) {
      const Shape w = {graph.value(x).shape[1], rng.between(1, 90)};
      x = add(graph, MatMul{}, {x, graph.add_constant(random_tensor(w, random_type(rng), rng))});
      if (rng.chance(0.8)) x = add_thresholds(graph, x, random_type(rng), 1, rng);
    }
    graph.set_outputs({x});
    expect_equal(graph, rng);
    if (HasFatalFailure()) FAIL() << "network " << i;
  }
}

TEST(Fast, RandomConvolutions) {
  Rng rng(12);
  for (int i = 0; i < 80;) {
    Graph graph;
    const std::size_t axes = rng.chance(0.2) ? 1 : 2;
    Shape shape = {rng.chance(0.9) ? 1 : 2, rng.between(1, 70)};
    for (std::size_t a = 0; a < axes; ++a) shape.push_back(rng.between(2, 9));
    const IntType type = random_type(rng);
    ValueId x = graph.add_input("x", ElementType::integer(type), shape);
    Conv op;
    const std::int64_t kind = rng.between(0, 3);
    op.groups = kind == 0 ? shape[1] : kind == 1 && shape[1] % 2 == 0 ? 2 : 1;
    Shape w = {op.groups * rng.between(1, kind == 0 ? 2 : 40), shape[1] / op.groups};
    bool fits = true;
    for (std::size_t a = 0; a < axes; ++a) {
      w.push_back(rng.between(1, 3));
      op.stride.push_back(rng.between(1, 2));
      op.dilation.push_back(rng.chance(0.2) ? 2 : 1);
      op.begin.push_back(rng.between(0, 2));
      op.end.push_back(rng.between(0, 2));
      op.spacing.push_back(rng.chance(0.05) ? 2 : 1);
      fits = fits && shape[a + 2] + op.begin[a] + op.end[a] > (w[a + 2] - 1) * op.dilation[a];
    }
    op.fill = type.bipolar ? (rng.chance(0.5) ? 0 : 1) : type.contains(0) ? 0 : type.lo;
    if (!fits) continue;
    ++i;
    x = add(graph, op, {x, graph.add_constant(random_tensor(w, random_type(rng), rng))});
    if (rng.chance(0.8)) x = add_thresholds(graph, x, random_type(rng), 1, rng);
    Shape kernel;
    for (std::size_t a = 0; a < axes; ++a) kernel.push_back(std::min<std::int64_t>(rng.between(1, 2), graph.value(x).shape[a + 2]));
    const Shape zero(axes, 0);
    const Shape one(axes, 1);
    if (rng.chance(0.5)) {
      Pool pool{rng.chance(0.7) ? PoolKind::kMax : PoolKind::kSum, kernel, rng.chance(0.7) ? kernel : one, one, zero, zero, 0};
      if (rng.chance(0.3) && kernel[0] > 1) pool.begin[0] = 1;
      x = add(graph, pool, {x});
    }
    if (rng.chance(0.3)) x = add(graph, Sum{axes == 1 ? std::vector<int>{2} : std::vector<int>{2, 3}, rng.chance(0.5)}, {x});
    if (rng.chance(0.4) && graph.value(x).shape[0] == 1) {
      const std::int64_t all = count(graph.value(x).shape);
      x = add(graph, Reshape{{1, all}}, {x});
      if (rng.chance(0.8)) x = add(graph, MatMul{}, {x, graph.add_constant(random_tensor({all, 7}, random_type(rng), rng))});
    }
    graph.set_outputs({x});
    expect_equal(graph, rng);
    if (HasFatalFailure()) FAIL() << "network " << i;
  }
}

TEST(Fast, BranchesAndMoves) {
  Rng rng(13);
  for (int i = 0; i < 60; ++i) {
    Graph graph;
    const Shape shape = {1, rng.between(1, 40), rng.between(2, 6), rng.between(2, 6)};
    const ValueId a = graph.add_input("a", ElementType::integer(random_type(rng)), shape);
    const ValueId b = graph.add_input("b", ElementType::integer(random_type(rng)), rng.chance(0.7) ? shape : Shape{1, shape[1], 1, 1});
    ValueId x = add(
        graph, rng.chance(0.6) ? Join{JoinFunction::kAdd, rng.between(-3, 3), rng.between(1, 3)} : Join{JoinFunction::kMul, 1, 1}, {a, b});
    if (rng.chance(0.7)) x = add_thresholds(graph, x, random_type(rng), 1, rng);
    if (rng.chance(0.4)) x = add(graph, Concat{rng.chance(0.8) ? 1 : 2}, {x, a});
    if (rng.chance(0.4)) {
      const int axis = static_cast<int>(rng.between(1, 3));
      std::vector<std::int64_t> indices;
      for (std::int64_t n = rng.between(1, 5); n > 0; --n)
        indices.push_back(rng.between(0, graph.value(x).shape[static_cast<std::size_t>(axis)] - 1));
      x = add(graph, Take{axis, indices}, {x});
    }
    if (rng.chance(0.2)) x = add(graph, Transpose{{0, 2, 3, 1}}, {x});
    if (rng.chance(0.2)) x = add(graph, Pad{{0, 0, 1, 0}, {0, 0, 0, 2}, 0, graph.value(x).type.ints.lo}, {x});
    if (rng.chance(0.3)) x = add_thresholds(graph, x, random_type(rng), static_cast<int>(rng.between(1, 3)), rng);
    const ValueId middle = x;
    if (rng.chance(0.5)) x = add(graph, Reshape{{1, count(graph.value(x).shape)}}, {x});
    if (rng.chance(0.3)) x = graph.node(*graph.add(TopK{1, 1, true}, std::vector<ValueId>{x})).outputs[1];
    graph.set_outputs(rng.chance(0.3) ? std::vector<ValueId>{x, middle} : std::vector<ValueId>{x});
    expect_equal(graph, rng);
    if (HasFatalFailure()) FAIL() << "network " << i;
  }
}

TEST(Fast, MovesOfPositionsHaveKernels) {
  Graph graph;
  Rng rng(14);
  const IntType codes{-3, 4};
  const ValueId input = graph.add_input("x", ElementType::integer(codes), {1, 20, 4, 5});
  const ValueId padded = add(graph, Pad{{0, 0, 1, 0}, {0, 0, 0, 2}, 0, 7}, {input});
  ValueId x = add(graph, Concat{2}, {padded, add(graph, Take{2, {3, 0}}, {padded})});
  x = add(graph, Concat{1}, {x, x});
  graph.set_outputs({x, padded});
  expect_equal(graph, rng);
  const Result<FastNetwork> network = FastNetwork::compile(graph, graph.inputs(), graph.outputs());
  ASSERT_TRUE(network.ok());
  for (const FastStep& step : network->steps()) EXPECT_NE(step.kernel, "scalar") << step.name;
}

TEST(Fast, FloatsInFrontAndBehind) {
  Graph graph;
  const ValueId input = graph.add_input("x", ElementType::float32(), {1, 2, 4, 4});
  const ValueId half = graph.add_constant(Tensor({1, 2, 1, 1}, Floats{0.5F, 2.0F}));
  ValueId x = add(graph, Binary{BinaryFunction::kMul}, {input, half});
  Quantize q;
  q.codes = IntType::of_bits(8, true);
  q.scale = {{0.5F}, 0};
  q.zero = {{3.0F}, 0};
  x = add(graph, q, {x});
  Rng rng(5);
  x = add(graph, Reshape{{1, 32}}, {x});
  x = add(graph, MatMul{}, {x, graph.add_constant(random_tensor({32, 5}, {-1, 1}, rng))});
  x = add_thresholds(graph, x, IntType::of_bits(4, false), 1, rng);
  x = add(graph, Dequantize{{{0.1}, 0}, {{0}, 0}}, {x});
  x = add(graph, Binary{BinaryFunction::kAdd}, {x, graph.add_constant(Tensor({5}, Floats{1, 2, 3, 4, 0.1F}))});
  const ValueId soft = add(graph, Softmax{1, 2, false}, {x});
  graph.set_outputs({x, soft});
  std::vector<std::vector<Tensor>> frames(40);
  for (auto& frame : frames) {
    Tensor t = Tensor::zeros({1, 2, 4, 4}, true);
    for (float& v : t.floats()) v = static_cast<float>(rng.between(0, 255));
    frame.push_back(std::move(t));
  }
  EXPECT_EQ(fast_difference(graph, frames, fast_targets()), "");

  // Bytes mean the same numbers.
  const Result<FastNetwork> network = FastNetwork::compile(graph, graph.inputs(), graph.outputs());
  ASSERT_TRUE(network.ok());
  FastNetwork::Scratch scratch = network->make_scratch();
  std::vector<std::uint8_t> bytes;
  Floats expected;
  for (const auto& frame : frames) {
    for (const float v : frame[0].floats()) bytes.push_back(static_cast<std::uint8_t>(v));
    const Tensor* pointer = frame.data();
    const std::vector<Tensor> one = network->run(std::span(&pointer, 1), scratch);
    expected.insert(expected.end(), one[0].floats().begin(), one[0].floats().end());
  }
  Floats got(expected.size());
  Floats rest(expected.size());
  const FastInput from{bytes.data(), ElementKind::kUint8};
  const FastOutput to[] = {{got.data(), nullptr}, {rest.data(), nullptr}};
  network->run({&from, 1}, frames.size(), to, scratch);
  EXPECT_EQ(got, expected);
}

TEST(Fast, ThreadsShareOneNetwork) {
  Graph graph;
  Rng rng(9);
  const ValueId input = graph.add_input("x", ElementType::integer(IntType::of_bits(4, false)), {1, 8, 6, 6});
  const Conv op{{1, 1}, {1, 1}, {1, 1}, {1, 1}, {1, 1}, 1, 0};
  ValueId x = add(graph, op, {input, graph.add_constant(random_tensor({20, 8, 3, 3}, IntType::of_bits(4, true), rng))});
  x = add_thresholds(graph, x, IntType::of_bits(2, false), 1, rng);
  x = add(graph, Transpose{{0, 2, 3, 1}}, {x});  // has no kernel
  graph.set_outputs({x});
  const Result<FastNetwork> network = FastNetwork::compile(graph, graph.inputs(), graph.outputs());
  ASSERT_TRUE(network.ok());
  constexpr std::size_t kFrames = 50;
  const Tensor frames = random_tensor({kFrames, 8 * 6 * 6}, IntType::of_bits(4, false), rng);
  const FastInput from{frames.ints().data(), ElementKind::kInt64};
  const std::size_t size = kFrames * static_cast<std::size_t>(count(graph.value(x).shape));
  std::vector<Ints> results(4, Ints(size));
  {
    std::vector<std::jthread> threads;
    for (Ints& result : results) {
      threads.emplace_back([&] {
        FastNetwork::Scratch scratch = network->make_scratch();
        const FastOutput to{nullptr, result.data()};
        network->run({&from, 1}, kFrames, {&to, 1}, scratch);
      });
    }
  }
  for (const Ints& result : results) EXPECT_EQ(result, results[0]);
}

TEST(Fast, MissingInputIsNamed) {
  Graph graph;
  const ValueId a = graph.add_input("a", ElementType::integer({0, 1}), {1, 2});
  const ValueId b = graph.add_input("b", ElementType::integer({0, 1}), {1, 2});
  graph.set_outputs({add(graph, Join{}, {a, b})});
  const auto network = FastNetwork::compile(graph, std::span(&a, 1), graph.outputs());
  ASSERT_FALSE(network.ok());
  EXPECT_EQ(network.error().code, Code::kMissingInput);
}

TEST(Fast, InnerValuesCanBeFedAndFetched) {
  Graph graph;
  Rng rng(3);
  const ValueId a = graph.add_input("a", ElementType::integer({0, 3}), {1, 40});
  const ValueId sums = add(graph, MatMul{}, {a, graph.add_constant(random_tensor({40, 20}, IntType::bipolar_type(), rng))});
  const ValueId codes = add_thresholds(graph, sums, {0, 3}, 1, rng);
  const ValueId last = add(graph, MatMul{}, {codes, graph.add_constant(random_tensor({20, 3}, {-1, 1}, rng))});
  graph.set_outputs({last});
  const Tensor frame = random_tensor({1, 40}, {0, 3}, rng);
  const std::vector<ValueId> wanted = {sums, codes, last};
  Executor executor(graph);
  const auto expected = executor.run({{a, frame}}, wanted);
  const auto whole = FastNetwork::compile(graph, std::span(&a, 1), wanted);
  ASSERT_TRUE(whole.ok() && expected.ok());
  auto scratch = whole->make_scratch();
  const Tensor* pointer = &frame;
  EXPECT_EQ(whole->run(std::span(&pointer, 1), scratch), *expected);
  const auto behind = FastNetwork::compile(graph, std::span(&codes, 1), std::span(&last, 1));
  ASSERT_TRUE(behind.ok());
  auto other = behind->make_scratch();
  pointer = &(*expected)[1];
  EXPECT_EQ(behind->run(std::span(&pointer, 1), other).at(0), (*expected)[2]);
}

}  // namespace
}  // namespace finnr
