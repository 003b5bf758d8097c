// SPDX-License-Identifier: Apache-2.0
#include "finnr/emulate/reference.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <array>

#include "finnr/base/rng.h"

namespace finnr {
namespace {

using Floats = Tensor::Floats;
using Ints = Tensor::Ints;

ElementType int8() { return ElementType::integer(IntType::of_bits(8, true)); }

Dequantize scaled_by(float scale) { return {{{static_cast<double>(scale)}, 0}, {{0}, 0}}; }

Tensor random_codes(Rng& rng, const Shape& shape, std::int64_t lo, std::int64_t hi) {
  Tensor tensor = Tensor::zeros(shape, false);
  for (std::int64_t& code : tensor.ints()) code = rng.between(lo, hi);
  return tensor;
}

Tensor run_one(const Graph& graph, const Tensors& feeds, ValueId fetch) {
  Executor executor(graph);
  Result<std::vector<Tensor>> fetched = executor.run(feeds, std::array{fetch});
  EXPECT_TRUE(fetched.ok());
  return fetched.ok() ? fetched->at(0) : Tensor();
}

Tensor integer_product(const Tensor& a, const Tensor& b) {
  const std::array operands = {&a, &b};
  return evaluate(MatMul{}, operands).at(0);
}

/// What docs/exactness.md asks of the product of two quantized tensors: the sums times the scales, rounded once.
Tensor exact_product(const Tensor& a, const Tensor& b, const std::vector<double>& scales) {
  const Tensor sums = integer_product(a, b);
  Tensor result = Tensor::zeros(sums.shape(), true);
  for (std::size_t i = 0; i < result.floats().size(); ++i) result.floats()[i] = dequantize(sums.ints()[i], scales[i % scales.size()], 0);
  return result;
}

TEST(Executor, ExampleOfTheExactnessNote) {
  Graph graph;
  const ValueId x = graph.add_input("x", int8(), {1, 1});
  const ValueId w = graph.add_constant(Tensor({1, 1}, Ints{1}));
  const ValueId a = graph.must_add(scaled_by(0.1F), {x}, {});
  const ValueId b = graph.must_add(scaled_by(0.25F), {w}, {});
  const ValueId product = graph.must_add(MatMul{}, {a, b}, {});
  const ValueId bias = graph.add_constant(Tensor({1}, Floats{0.05F}));
  const ValueId sum = graph.must_add(Binary{BinaryFunction::kAdd}, {product, bias}, {});
  const Tensors feeds = {{x, Tensor({1, 1}, Ints{3})}};
  EXPECT_EQ(run_one(graph, feeds, product), Tensor({1, 1}, Floats{0.07500000298F}));
  EXPECT_EQ(run_one(graph, feeds, sum), Tensor({1, 1}, Floats{0.125F}));
}

/// A quantized matrix product whose sums of rounded products would differ in many elements.
struct Layer {
  static constexpr float kInputScale = 0.1F;
  static constexpr float kWeightScale = 0.0123F;
  Graph graph;
  Tensor codes;
  Tensor weights;
  ValueId x;   ///< codes, int8[4,50]
  ValueId xq;  ///< float
  ValueId wq;  ///< float[50,6], per tensor

  Layer() {
    Rng rng(7);
    codes = random_codes(rng, {4, 50}, -128, 127);
    weights = random_codes(rng, {50, 6}, -128, 127);
    x = graph.add_input("x", int8(), {4, 50});
    xq = graph.must_add(scaled_by(kInputScale), {x}, {});
    wq = graph.must_add(scaled_by(kWeightScale), {graph.add_constant(weights)}, {});
  }
  [[nodiscard]] Tensor run(ValueId fetch) const { return run_one(graph, {{x, codes}}, fetch); }
  static double scale(float a = kInputScale, float b = kWeightScale) { return static_cast<double>(a) * static_cast<double>(b); }
};

TEST(Executor, QuantizedMatMulIsRoundedOnce) {
  Layer layer;
  const ValueId y = layer.graph.must_add(MatMul{}, {layer.xq, layer.wq}, {});
  const Tensor exact = exact_product(layer.codes, layer.weights, {Layer::scale()});
  EXPECT_EQ(layer.run(y), exact);
  const Tensor floats = layer.run(layer.xq);
  const Tensor weights = layer.run(layer.wq);
  const std::array operands = {&floats, &weights};
  EXPECT_NE(evaluate(MatMul{}, operands).at(0), exact) << "the test would not notice rounded products";
}

TEST(Executor, ZeroPointsAreSubtracted) {
  Layer layer;
  Dequantize affine = scaled_by(Layer::kInputScale);
  affine.zero.values = {5};
  const ValueId y = layer.graph.must_add(MatMul{}, {layer.graph.must_add(affine, {layer.x}, {}), layer.wq}, {});
  Tensor centered = layer.codes;
  for (std::int64_t& code : centered.ints()) code -= 5;
  EXPECT_EQ(layer.run(y), exact_product(centered, layer.weights, {Layer::scale()}));
}

TEST(Executor, ScalesPerOutputColumn) {
  Layer layer;
  const std::vector<double> scales = {0.1F, 0.2F, 0.3F, 0.4F, 0.5F, 0.7F};
  const ValueId weights = layer.graph.add_constant(layer.weights);
  const ValueId wq = layer.graph.must_add(Dequantize{{scales, 1}, {{0}, 0}}, {weights}, {});
  std::vector<double> products;
  for (const double scale : scales) products.push_back(static_cast<double>(Layer::kInputScale) * scale);
  const Tensor exact = exact_product(layer.codes, layer.weights, products);
  EXPECT_EQ(layer.run(layer.graph.must_add(MatMul{}, {layer.xq, wq}, {})), exact);

  // The same weights stored the other way round.
  const std::vector<int> swap = {1, 0};
  const Tensor* stored = &layer.weights;
  const ValueId transposed = layer.graph.add_constant(evaluate(Transpose{swap}, {&stored, 1}).at(0));
  const ValueId rows = layer.graph.must_add(Dequantize{{scales, 0}, {{0}, 0}}, {transposed}, {});
  const ValueId back = layer.graph.must_add(Transpose{swap}, {rows}, {});
  EXPECT_EQ(layer.run(layer.graph.must_add(MatMul{}, {layer.xq, back}, {})), exact);
}

TEST(Executor, ScalesPerRowAndPerColumnTogether) {
  Layer layer;
  const std::vector<double> rows = {0.1F, 0.2F, 0.3F, 0.7F};
  const std::vector<double> columns = {0.11F, 0.2F, 0.3F, 0.4F, 0.5F, 0.7F};
  const ValueId xq = layer.graph.must_add(Dequantize{{rows, 0}, {{0}, 0}}, {layer.x}, {});
  const ValueId wq = layer.graph.must_add(Dequantize{{columns, 1}, {{0}, 0}}, {layer.graph.add_constant(layer.weights)}, {});
  std::vector<double> products;
  for (const double row : rows) {
    for (const double column : columns) products.push_back(row * column);
  }
  EXPECT_EQ(layer.run(layer.graph.must_add(MatMul{}, {xq, wq}, {})), exact_product(layer.codes, layer.weights, products));
}

TEST(Executor, ScaleAlongTheSumIsPlainArithmetic) {
  Layer layer;
  std::vector<double> scales;
  for (int i = 1; i <= 50; ++i) scales.push_back(static_cast<double>(0.01F * static_cast<float>(i)));
  const ValueId xq = layer.graph.must_add(Dequantize{{scales, 1}, {{0}, 0}}, {layer.x}, {});
  const Tensor result = layer.run(layer.graph.must_add(MatMul{}, {xq, layer.wq}, {}));
  const Tensor floats = layer.run(xq);
  const Tensor weights = layer.run(layer.wq);
  const std::array operands = {&floats, &weights};
  EXPECT_EQ(result, evaluate(MatMul{}, operands).at(0));
}

TEST(Executor, CodesSurviveReshapeTransposeAndRelu) {
  Layer layer;
  const ValueId flat = layer.graph.must_add(Reshape{{200}}, {layer.xq}, {});
  const ValueId relu = layer.graph.must_add(Unary{UnaryFunction::kRelu}, {flat}, {});
  const ValueId square = layer.graph.must_add(Reshape{{1, 4, 50}}, {relu}, {});
  const ValueId turned = layer.graph.must_add(Transpose{{0, 2, 1}}, {square}, {});
  const ValueId back = layer.graph.must_add(Transpose{{0, 2, 1}}, {turned}, {});
  const ValueId y = layer.graph.must_add(MatMul{}, {back, layer.wq}, {});
  Tensor codes = layer.codes.reshaped({1, 4, 50});
  for (std::int64_t& code : codes.ints()) code = std::max<std::int64_t>(code, 0);
  EXPECT_EQ(layer.run(y), exact_product(codes, layer.weights, {Layer::scale()}));
}

TEST(Executor, CodesSurviveOneConstantFactor) {
  Layer layer;
  const ValueId factor = layer.graph.add_constant(Tensor({1, 1, 1}, Floats{0.3F}));
  const ValueId times = layer.graph.must_add(Binary{BinaryFunction::kMul}, {factor, layer.xq}, {});
  const ValueId by = layer.graph.must_add(Binary{BinaryFunction::kDiv}, {layer.wq, factor}, {});
  const Tensor codes = layer.codes.reshaped({1, 4, 50});
  const Tensor weights = layer.weights.reshaped({1, 50, 6});
  const double scale = Layer::scale(Layer::kInputScale * 0.3F, Layer::kWeightScale / 0.3F);
  EXPECT_EQ(layer.run(layer.graph.must_add(MatMul{}, {times, by}, {})), exact_product(codes, weights, {scale}));
}

TEST(Executor, IntegralFloatConstantsAreCodes) {
  Layer layer;
  const ValueId w = layer.graph.add_constant(Tensor({50, 6}, as_floats(layer.weights)));
  const ValueId y = layer.graph.must_add(MatMul{}, {layer.xq, w}, {});
  EXPECT_EQ(layer.run(y), exact_product(layer.codes, layer.weights, {static_cast<double>(Layer::kInputScale)}));
}

TEST(Executor, ProductsOfProductsStayExact) {
  Layer layer;
  Rng rng(8);
  const Tensor second = random_codes(rng, {6, 3}, -8, 7);
  const ValueId first = layer.graph.must_add(MatMul{}, {layer.xq, layer.wq}, {});
  const ValueId w = layer.graph.must_add(scaled_by(0.7F), {layer.graph.add_constant(second)}, {});
  const ValueId y = layer.graph.must_add(MatMul{}, {first, w}, {});
  const double scale = Layer::scale() * static_cast<double>(0.7F);
  EXPECT_EQ(layer.run(y), exact_product(integer_product(layer.codes, layer.weights), second, {scale}));
}

TEST(Executor, VectorsAndBatches) {
  Rng rng(9);
  const std::vector<double> scales = {0.1F, 0.2F};
  const Tensor codes = random_codes(rng, {2, 3, 4}, -128, 127);
  const Tensor vector = random_codes(rng, {4}, -128, 127);
  const Tensor left = random_codes(rng, {3}, -128, 127);
  Graph graph;
  const ValueId x = graph.add_input("x", int8(), {2, 3, 4});
  const ValueId xq = graph.must_add(Dequantize{{scales, 0}, {{0}, 0}}, {x}, {});
  const ValueId v = graph.must_add(scaled_by(0.3F), {graph.add_constant(vector)}, {});
  const ValueId l = graph.must_add(scaled_by(0.3F), {graph.add_constant(left)}, {});
  const auto expected = [&](const Tensor& sums) {
    Tensor result = Tensor::zeros(sums.shape(), true);
    const std::size_t half = result.floats().size() / 2;
    for (std::size_t i = 0; i < 2 * half; ++i) {
      result.floats()[i] = dequantize(sums.ints()[i], scales[i / half] * static_cast<double>(0.3F), 0);
    }
    return result;
  };
  const Tensors feeds = {{x, codes}};
  EXPECT_EQ(run_one(graph, feeds, graph.must_add(MatMul{}, {xq, v}, {})), expected(integer_product(codes, vector)));
  EXPECT_EQ(run_one(graph, feeds, graph.must_add(MatMul{}, {l, xq}, {})), expected(integer_product(left, codes)));
}

TEST(Executor, FeedsInsideTheGraph) {
  Graph graph;
  const ValueId x = graph.add_input("x", ElementType::float32(), {2});
  const ValueId two = graph.add_constant(Tensor::scalar(2.0F));
  const ValueId doubled = graph.must_add(Binary{BinaryFunction::kMul}, {x, two}, {});
  const ValueId y = graph.must_add(Unary{UnaryFunction::kNeg}, {doubled}, {});
  Executor executor(graph);
  const Tensors inside = {{doubled, Tensor({2}, Floats{5, 6})}};
  const Result<std::vector<Tensor>> fetched = executor.run(inside, std::array{y, doubled, y, two});
  ASSERT_TRUE(fetched.ok());
  EXPECT_EQ(fetched->at(0), Tensor({2}, Floats{-5, -6}));
  EXPECT_EQ(fetched->at(1), Tensor({2}, Floats{5, 6}));
  EXPECT_EQ(fetched->at(2), fetched->at(0));
  EXPECT_EQ(fetched->at(3), Tensor::scalar(2.0F));
  EXPECT_EQ(executor.run({{x, Tensor({2}, Floats{1, 2})}}, std::array{y})->at(0), Tensor({2}, Floats{-2, -4}));
}

TEST(Executor, FeedsInPlaceOfConstants) {
  Graph graph;
  const ValueId x = graph.add_input("x", ElementType::float32(), {1});
  const ValueId c = graph.add_constant(Tensor({1}, Floats{2}));
  const ValueId negative = graph.must_add(Unary{UnaryFunction::kNeg}, {c}, {});
  const ValueId y = graph.must_add(Binary{BinaryFunction::kMul}, {x, negative}, {});
  Executor executor(graph);
  const Tensor three({1}, Floats{3});
  EXPECT_EQ(executor.run({{x, three}}, std::array{y})->at(0), Tensor({1}, Floats{-6}));
  EXPECT_EQ(executor.run({{x, three}, {c, three}}, std::array{y})->at(0), Tensor({1}, Floats{-9}));
  EXPECT_EQ(executor.run({{x, three}}, std::array{y})->at(0), Tensor({1}, Floats{-6}));
  EXPECT_EQ(executor.run({}, std::array{negative})->at(0), Tensor({1}, Floats{-2}));
}

TEST(Executor, MissingInput) {
  Graph graph;
  const ValueId a = graph.add_input("a", ElementType::float32(), {2});
  const ValueId b = graph.add_input("b", ElementType::float32(), {2});
  const ValueId sum = graph.must_add(Binary{BinaryFunction::kAdd}, {a, b}, {});
  const ValueId other = graph.must_add(Unary{UnaryFunction::kAbs}, {a}, {});
  Executor executor(graph);
  const Tensors feeds = {{a, Tensor({2}, Floats{1, -2})}};
  const Result<std::vector<Tensor>> fetched = executor.run(feeds, std::array{sum});
  ASSERT_FALSE(fetched.ok());
  EXPECT_EQ(fetched.error().code, Code::kMissingInput);
  EXPECT_NE(fetched.error().message.find("'b'"), std::string::npos);
  EXPECT_EQ(executor.run(feeds, std::array{other})->at(0), Tensor({2}, Floats{1, 2})) << "what is not needed is not asked for";
}

TEST(Executor, IntegerNetwork) {
  Graph graph;
  const ValueId x = graph.add_input("x", int8(), {1, 3});
  const ValueId w = graph.add_constant(Tensor({3, 2}, Ints{1, -1, 2, 0, -3, 1}));
  const ValueId sums = graph.must_add(MatMul{}, {x, w}, {});
  const ValueId t = graph.add_constant(Tensor({2, 1}, Ints{0, 3}));
  const ValueId base = graph.add_constant(Tensor({2}, Ints{0, 0}));
  const ValueId signs = graph.add_constant(Tensor({2, 1}, Ints{1, 1}));
  const ValueId codes = graph.must_add(Thresholds{1, IntType::bipolar_type()}, {sums, t, base, signs}, {});
  EXPECT_EQ(run_one(graph, {{x, Tensor({1, 3}, Ints{1, 1, 1})}}, codes), Tensor({1, 2}, Ints{1, -1}));
}

TEST(Executor, BothResultsOfTopK) {
  Graph graph;
  const ValueId x = graph.add_input("x", ElementType::float32(), {3});
  const Result<NodeId> node = graph.add(TopK{1, 0, true}, std::array{x});
  ASSERT_TRUE(node.ok());
  const std::vector<ValueId> outputs = graph.node(*node).outputs;
  const Tensors feeds = {{x, Tensor({3}, Floats{1, 3, 2})}};
  EXPECT_EQ(run_one(graph, feeds, outputs[1]), Tensor({1}, Ints{1}));
  EXPECT_EQ(run_one(graph, feeds, outputs[0]), Tensor({1}, Floats{3}));
}

TEST(Executor, LongChains) {
  Graph graph;
  const ValueId x = graph.add_input("x", ElementType::float32(), {1});
  ValueId y = x;
  for (int i = 0; i < 100000; ++i) y = graph.must_add(Unary{UnaryFunction::kNeg}, {y}, {});
  EXPECT_EQ(run_one(graph, {{x, Tensor({1}, Floats{3})}}, y), Tensor({1}, Floats{3}));
}

TEST(Executor, ConstantPartsAgreeOverRuns) {
  Layer layer;
  const ValueId y = layer.graph.must_add(MatMul{}, {layer.xq, layer.wq}, {});
  Executor executor(layer.graph);
  const Tensors feeds = {{layer.x, layer.codes}};
  const Tensor first = executor.run(feeds, std::array{y})->at(0);
  EXPECT_EQ(executor.run(feeds, std::array{y})->at(0), first);
  Executor moved = std::move(executor);
  EXPECT_EQ(moved.run(feeds, std::array{y})->at(0), first);
}

/// One channel of three elements, kernel of two, one element of padding behind.
struct Window {
  Graph graph;
  ValueId x = graph.add_input("x", int8(), {1, 2, 3});

  ValueId convolved(PerAxis<double> x_scale, std::int64_t zero, std::vector<double> w_scale) {
    const ValueId a = graph.must_add(Dequantize{std::move(x_scale), {{zero}, 0}}, {x}, {});
    const ValueId codes = graph.add_constant(Tensor({2, 2, 2}, Ints{1, 2, 3, -4, 0, 5, 1, 1}));
    const ValueId w = graph.must_add(Dequantize{{std::move(w_scale), 0}, {{0}, 0}}, {codes}, {});
    return graph.must_add(Conv{{1}, {1}, {0}, {1}, {1}, 1, 0}, {a, w}, {});
  }
  Tensors feeds{{x, Tensor({1, 2, 3}, Ints{7, -3, 2, 1, 90, -20})}};
};

constexpr double kTenth = 0.1F;
constexpr double kThird = 0.3F;

TEST(Executor, AConvolutionIsRoundedOnce) {
  Window window;
  const ValueId y = window.convolved({{kTenth}, 0}, 2, {kThird, 0.7F});
  // Codes minus 2: 5 -5 0 | -1 88 -22, then 0 | 0.
  const Ints sums = {5 - 10 - 3 - 352, -5 + 264 + 88, -66, -25 - 1 + 88, 88 - 22, -22};
  Floats expected;
  for (std::size_t i = 0; i < sums.size(); ++i) expected.push_back(dequantize(sums[i], kTenth * (i < 3 ? kThird : double{0.7F}), 0));
  EXPECT_EQ(run_one(window.graph, window.feeds, y), Tensor({1, 2, 3}, expected));
}

TEST(Executor, ScalesInsideASumAreMultiplesOfAUnit) {
  Window window;
  const ValueId y = window.convolved({{kTenth, 3 * kTenth}, 1}, 0, {kThird});
  const Ints sums = {7 - 6 + 3 * (3 - 360), -3 + 4 + 3 * (270 + 80), 2 + 3 * -60, -15 + 3 * 91, 10 + 3 * 70, 3 * -20};
  Floats expected;
  for (const std::int64_t sum : sums) expected.push_back(dequantize(sum, kTenth * kThird, 0));
  EXPECT_EQ(run_one(window.graph, window.feeds, y), Tensor({1, 2, 3}, expected));
}

TEST(Executor, TwoValuesOfOneScaleAreAddedAsCodes) {
  Window window;
  Graph& graph = window.graph;
  const ValueId a = graph.must_add(scaled_by(0.1F), {window.x}, {});
  const ValueId b = graph.must_add(Take{2, {2, 1, 0}}, {a}, {});
  const ValueId sum = graph.must_add(Binary{BinaryFunction::kAdd}, {a, b}, {});
  const ValueId relu = graph.must_add(Unary{UnaryFunction::kRelu}, {b}, {});
  const ValueId other = graph.must_add(Binary{BinaryFunction::kAdd}, {a, relu}, {});
  const Tensor exact = run_one(graph, window.feeds, sum);
  const Tensor twice = run_one(graph, window.feeds, other);
  EXPECT_EQ(exact.floats()[0], dequantize(9, kTenth, 0));
  EXPECT_EQ(twice.floats()[0], 0.1F * 7 + 0.1F * 2) << "relu is an elementwise operator: each term is rounded";
}

TEST(Executor, AveragesKeepAScale) {
  Window window;
  Graph& graph = window.graph;
  const ValueId a = graph.must_add(scaled_by(0.1F), {window.x}, {});
  const ValueId sum = graph.must_add(Sum{{2}, false}, {a}, {});
  const ValueId mean = graph.must_add(Binary{BinaryFunction::kDiv}, {sum, graph.add_constant(Tensor::scalar(3.0F))}, {});
  const ValueId w = graph.must_add(scaled_by(0.3F), {graph.add_constant(Tensor({2, 1}, Ints{2, -1}))}, {});
  const ValueId y = graph.must_add(MatMul{}, {mean, w}, {});
  const double scale = static_cast<double>(static_cast<float>(kTenth / 3.0)) * kThird;
  EXPECT_EQ(run_one(graph, window.feeds, y), Tensor({1, 1}, Floats{dequantize(2 * 6 - 71, scale, 0)}));
}

}  // namespace
}  // namespace finnr
