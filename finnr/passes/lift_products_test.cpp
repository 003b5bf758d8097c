// SPDX-License-Identifier: Apache-2.0
#include <fmt/format.h>

#include "finnr/passes/same_numbers_for_test.h"

namespace finnr {
namespace {

/// x quantized (four bits), then `between` from %2 to %5, times weights [3,2] with `w_grid`, perhaps with something behind them.
struct Product {
  std::string x_codes = "int[-8,7]";
  std::string x_grid = "scale=0.5, zero=0";
  std::string between = "%5 = reshape(%2) {shape=[1,3]} : f32[1,3]";
  std::string w_codes = "int[-2,3]";
  std::string w_grid = "scale=0.25, zero=0";
  std::string w_behind;        ///< from %7 to `weights`
  std::string weights = "%7";  ///< right operand of the product

  [[nodiscard]] std::string text() const {
    return fmt::format(R"(
input %0 "x" : f32[1,3]
%1 = quantize(%0) {{style=onnx, rounding=half_even, codes={0}, {1}}} : {0}[1,3] from "Quant_x"
%2 = dequantize(%1) {{{1}}} : f32[1,3] from "Quant_x"
{2}
const %6 "w" : {3}[3,2] = [1,-2,0,3,2,-1]
%7 = dequantize(%6) {{{4}}} : f32[3,2] from "Quant_w"
{5}
%8 "y" = matmul(%5, {6}) : f32[1,2] from "MatMul_0"
output %8)",
                       x_codes, x_grid, between, w_codes, w_grid, w_behind, weights);
  }
  [[nodiscard]] Passed lifted() const { return run_pass(lift_linear, text()); }
};

const Dequantize& last_scale(const Graph& graph) {
  const auto* op = graph.producer_as<Dequantize>(graph.outputs()[0]);
  EXPECT_NE(op, nullptr) << print(graph);
  static const Dequantize kNone;
  return op != nullptr ? *op : kNone;
}

const Value& accumulator(const Graph& graph) {
  const std::vector<NodeId> products = nodes_of<MatMul>(graph);
  EXPECT_EQ(products.size(), 1U);
  return graph.value(graph.node(products.at(0)).outputs[0]);
}

TEST(LiftProducts, IntegersThenOneScale) {
  const Passed passed = Product{}.lifted();
  EXPECT_TRUE(passed.changed);
  EXPECT_TRUE(passed.diagnostics.list().empty());
  // Columns (1,0,2) and (-2,3,-1) of codes -8..7.
  EXPECT_EQ(accumulator(passed.graph).type, ElementType::integer({-45, 45}));
  EXPECT_EQ(last_scale(passed.graph).scale, (PerAxis<double>{{0.125}, 0}));
  EXPECT_EQ(last_scale(passed.graph).zero, (PerAxis<std::int64_t>{{0}, 0}));
  EXPECT_EQ(passed.graph.value(passed.graph.outputs()[0]).name, "y");
  EXPECT_EQ(passed.graph.node(nodes_of<MatMul>(passed.graph)[0]).origin, (Origin{"MatMul_0", "Quant_w"}));
}

TEST(LiftProducts, ScalesPerOutput) {
  Product product;
  product.w_grid = "scale=[0.25,0.1]@1, zero=0";
  const Passed passed = product.lifted();
  EXPECT_EQ(last_scale(passed.graph).scale, (PerAxis<double>{{0.125, 0.05}, 1}));
}

TEST(LiftProducts, ZeroPointOfTheInputBecomesOnePerColumn) {
  Product product;
  product.x_grid = "scale=0.5, zero=-3";
  const Passed passed = product.lifted();
  EXPECT_EQ(last_scale(passed.graph).zero, (PerAxis<std::int64_t>{{-9, 0}, 1}));  // -3 times the sums of the columns, 3 and 0
}

TEST(LiftProducts, ZeroPointsOfTheWeightsAreSubtracted) {
  Product product;
  product.x_grid = "scale=0.5, zero=2";
  product.w_grid = "scale=0.25, zero=[1,-1]@1";
  const Passed passed = product.lifted();
  EXPECT_EQ(constant_of(passed.graph, nodes_of<MatMul>(passed.graph)[0], 1), (Tensor::Ints{0, -1, -1, 4, 1, 0}));
  EXPECT_EQ(last_scale(passed.graph).zero.values, (std::vector<std::int64_t>{0, 6}));
}

TEST(LiftProducts, ZeroPointsPerInputOfTheWeights) {
  Product product;
  product.w_grid = "scale=0.25, zero=[1,0,-1]@0";
  const Passed passed = product.lifted();
  EXPECT_EQ(constant_of(passed.graph, nodes_of<MatMul>(passed.graph)[0], 1), (Tensor::Ints{0, -3, 0, 3, 3, 0}));
}

TEST(LiftProducts, ReluBetweenClampsTheCodes) {
  Product product;
  product.x_grid = "scale=0.5, zero=5";
  product.between = R"(%5 = unary(%2) {function=relu, alpha=0, beta=0} : f32[1,3] from "Relu")";
  const Passed passed = product.lifted();
  ASSERT_EQ(nodes_of<Thresholds>(passed.graph).size(), 1U);
  const NodeId clamp = nodes_of<Thresholds>(passed.graph)[0];
  EXPECT_EQ(constant_of(passed.graph, clamp, 1), (Tensor::Ints{6, 7}));
  EXPECT_EQ(std::get<Thresholds>(passed.graph.node(clamp).op).codes, (IntType{5, 7}));
}

TEST(LiftProducts, ReluOnUnsignedCodesIsNothing) {
  Product product;
  product.x_codes = "int[0,15]";
  product.between = "%5 = unary(%2) {function=relu, alpha=0, beta=0} : f32[1,3]";
  const Passed passed = product.lifted();
  EXPECT_TRUE(passed.changed);
  EXPECT_TRUE(nodes_of<Thresholds>(passed.graph).empty());
}

Passed lifted_behind_relu(const std::string& w_grid) {
  Product product;
  product.w_grid = w_grid;
  product.w_behind = R"(%9 = unary(%7) {function=relu, alpha=0, beta=0} : f32[3,2] from "Relu_w")";
  product.weights = "%9";
  return product.lifted();
}

TEST(LiftProducts, ReluOnWeightsClampsTheirCodes) {
  const Passed passed = lifted_behind_relu("scale=0.25, zero=1");
  const NodeId product = nodes_of<MatMul>(passed.graph)[0];
  EXPECT_TRUE(nodes_of<Thresholds>(passed.graph).empty());
  EXPECT_EQ(constant_of(passed.graph, product, 1), (Tensor::Ints{0, 0, 0, 2, 1, 0}));  // codes 1,-2,0,3,2,-1 minus 1
  EXPECT_EQ(passed.graph.node(product).origin, (Origin{"MatMul_0", "Quant_w", "Relu_w"}));
}

TEST(LiftProducts, ReluOnWeightsWithZeroPointsOfTheirOwn) {
  const Passed passed = lifted_behind_relu("scale=0.25, zero=[1,-1]@1");
  EXPECT_EQ(constant_of(passed.graph, nodes_of<MatMul>(passed.graph)[0], 1), (Tensor::Ints{0, 0, 0, 4, 1, 0}));
}

TEST(LiftProducts, ReluOnAScalarIsNoGrid) {
  EXPECT_FALSE(run_pass(lift_linear, R"(
input %0 "x" : int[-8,7][]
%1 = dequantize(%0) {scale=0.5, zero=0} : f32[]
%2 = unary(%1) {function=relu, alpha=0, beta=0} : f32[]
%3 = reshape(%2) {shape=[1,1]} : f32[1,1]
const %4 : f32[1,2] = [-3,2]
%5 = matmul(%3, %4) : f32[1,2]
output %5)")
                   .changed);
}

TEST(LiftProducts, OneConstantFactorBetween) {
  Product product;
  product.between = R"(
const %3 : f32[] = [0.3]
%5 = binary(%2, %3) {function=mul} : f32[1,3] from "Mul")";
  Passed passed = product.lifted();
  EXPECT_EQ(last_scale(passed.graph).scale.values[0], static_cast<double>(0.5F * 0.3F) * 0.25);
  product.between = R"(
const %3 : f32[1] = [0.3]
%5 = binary(%2, %3) {function=div} : f32[1,3] from "Div")";
  passed = product.lifted();
  EXPECT_EQ(last_scale(passed.graph).scale.values[0], static_cast<double>(0.5F / 0.3F) * 0.25);
}

TEST(LiftProducts, AFactorPerInputIsNoGrid) {
  Product product;
  product.between = R"(
const %3 : f32[3] = [0.3,1,2]
%5 = binary(%2, %3) {function=mul} : f32[1,3])";
  EXPECT_FALSE(product.lifted().changed);
}

/// Three scales inside one sum: lifted with a warning, and the numbers are the float network's to float32's own precision.
void expect_fixed_point(const Product& product) {
  const Graph before = graph_of(product.text());
  Graph after = before;
  Diagnostics diagnostics;
  PassContext context{diagnostics, evaluate};
  EXPECT_EQ(lift_linear(after, context), Changed::kYes);
  ASSERT_EQ(diagnostics.list().size(), 1U);
  EXPECT_EQ(diagnostics.list()[0].code, Code::kScalesRounded);
  EXPECT_EQ(diagnostics.list()[0].severity, Severity::kWarning);
  EXPECT_EQ(diagnostics.list()[0].places[0].node, "MatMul_0");
  Executor first(before);
  Executor second(after);
  for (const Tensors& feeds : trial_feeds(before, 40)) {
    const Result<std::vector<Tensor>> expected = first.run(feeds, before.outputs());
    const Result<std::vector<Tensor>> got = second.run(feeds, after.outputs());
    ASSERT_TRUE(expected.ok() && got.ok());
    // Three codes of at most 8, each with half a unit of 0.9 / 2^23 at most, times the scale of the weights.
    for (std::size_t i = 0; i < 2; ++i) EXPECT_NEAR(got->at(0).floats()[i], expected->at(0).floats()[i], 1e-6);
  }
}

TEST(LiftProducts, ScalesOfTheInputAlongTheSumMeetInFixedPoint) {
  Product product;
  product.x_grid = "scale=[0.25,0.1,0.3]@1, zero=0";
  expect_fixed_point(product);
}

TEST(LiftProducts, ScalesOfTheWeightsAlongTheSumMeetInFixedPoint) {
  Product product;
  product.w_grid = "scale=[0.25,0.1,0.3]@0, zero=0";
  expect_fixed_point(product);
}

TEST(LiftProducts, BipolarWeightsKeepTheirType) {
  const Passed passed = run_pass(lift_linear, R"(
input %0 "x" : int[0,3][2,2]
%1 = dequantize(%0) {scale=1, zero=0} : f32[2,2]
const %2 : bipolar[2,2] = [1,-1,1,1]
%3 = dequantize(%2) {scale=1, zero=0} : f32[2,2]
%4 = matmul(%1, %3) : f32[2,2]
output %4)");
  const Node& product = passed.graph.node(nodes_of<MatMul>(passed.graph)[0]);
  EXPECT_TRUE(passed.graph.value(product.inputs[1]).type.ints.bipolar);
}

TEST(LiftProducts, WholeFloatsAreCodes) {
  const Passed passed = run_pass(lift_linear, R"(
input %0 "x" : int[0,3][1,2]
%1 = dequantize(%0) {scale=0.1, zero=0} : f32[1,2]
const %2 : f32[2,1] = [-3,2]
%3 = matmul(%1, %2) : f32[1,1]
output %3)");
  EXPECT_EQ(accumulator(passed.graph).type, ElementType::integer({-9, 6}));
}

TEST(LiftProducts, FractionsAreNot) {
  EXPECT_FALSE(run_pass(lift_linear, R"(
input %0 "x" : int[0,3][1,2]
%1 = dequantize(%0) {scale=0.1, zero=0} : f32[1,2]
const %2 : f32[2,1] = [-3,2.5]
%3 = matmul(%1, %2) : f32[1,1]
output %3)")
                   .changed);
}

TEST(LiftProducts, WeightsStoredTheOtherWayRound) {
  const Passed passed = run_pass(lift_linear, R"(
input %0 "x" : int[0,3][1,2]
%1 = dequantize(%0) {scale=0.5, zero=0} : f32[1,2]
const %2 : int[-9,9][3,2] = [1,2,3,4,5,-6]
%3 = dequantize(%2) {scale=[1,0.1,2]@0, zero=[0,1,0]@0} : f32[3,2]
%4 = transpose(%3) {perm=[1,0]} : f32[2,3]
%5 = matmul(%1, %4) : f32[1,3]
output %5)");
  EXPECT_EQ(constant_of(passed.graph, nodes_of<MatMul>(passed.graph)[0], 1), (Tensor::Ints{1, 2, 5, 2, 3, -6}));
  EXPECT_EQ(last_scale(passed.graph).scale.values, (std::vector<double>{0.5, 0.05, 1}));
}

TEST(LiftProducts, ProductsOfProducts) {
  const Passed passed = run_pass(lift_linear, R"(
input %0 "x" : int[-3,3][2,2]
%1 = dequantize(%0) {scale=0.1, zero=0} : f32[2,2]
const %2 : f32[2,2] = [-3,2,1,1]
%3 = matmul(%1, %2) : f32[2,2]
const %4 : int[-1,1][2,1] = [1,-1]
%5 = dequantize(%4) {scale=0.7, zero=0} : f32[2,1]
%6 = matmul(%3, %5) : f32[2,1]
output %6)");
  EXPECT_TRUE(passed.changed);
  int integers = 0;
  for (const NodeId id : nodes_of<MatMul>(passed.graph))
    integers += passed.graph.value(passed.graph.node(id).outputs[0]).type.is_float ? 0 : 1;
  EXPECT_EQ(integers, 2);
}

TEST(LiftProducts, UnquantizedStays) {
  EXPECT_FALSE(run_pass(lift_linear, R"(
input %0 "x" : f32[1,2]
const %1 : f32[2,1] = [-3,2]
%2 = matmul(%0, %1) : f32[1,1]
output %2)")
                   .changed);
}

/// One spatial axis, two input channels; x with `x_grid`, weights with `w_grid`.
std::string convolution(const std::string& x_grid, const std::string& w_grid, const std::string& window, int groups = 1) {
  return fmt::format(R"(
input %0 "x" : int[0,15][1,2,4]
%1 = dequantize(%0) {{{}}} : f32[1,2,4]
const %2 "w" : int[-2,3][2,{}] = {}
%3 = dequantize(%2) {{{}}} : f32[2,{}]
%4 "y" = conv(%1, %3) {{stride=[1], dilation=[1], {}, spacing=[1], groups={}, fill=0}} : f32[1,2,4] from "Conv_0"
output %4)",
                     x_grid, groups == 1 ? "2,2" : "1,2", groups == 1 ? "[1,-2,0,3,2,-1,1,1]" : "[1,-2,3,2]", w_grid,
                     groups == 1 ? "2,2" : "1,2", window, groups);
}
constexpr const char* kPadded = "begin=[0], end=[1]";

const Conv& only_convolution(const Passed& passed) {
  const std::vector<NodeId> nodes = nodes_of<Conv>(passed.graph);
  EXPECT_EQ(nodes.size(), 1U);
  EXPECT_FALSE(passed.graph.value(passed.graph.node(nodes.at(0)).inputs[0]).type.is_float);
  return std::get<Conv>(passed.graph.node(nodes.at(0)).op);
}

TEST(LiftProducts, AConvolutionPadsWithTheZeroPoint) {
  const Passed passed = run_pass(lift_linear, convolution("scale=0.5, zero=5", "scale=[0.25,0.1]@0, zero=0", kPadded));
  EXPECT_EQ(only_convolution(passed).fill, 5);
  EXPECT_EQ(last_scale(passed.graph).scale, (PerAxis<double>{{0.125, 0.05}, 1}));
  EXPECT_EQ(last_scale(passed.graph).zero, (PerAxis<std::int64_t>{{10, 15}, 1}));  // 5 times the sums of the rows, 2 and 3
}

TEST(LiftProducts, ScalesOfGroupsStandBehindTheirOutputs) {
  const Passed passed = run_pass(lift_linear, convolution("scale=[0.5,0.3]@1, zero=0", "scale=0.25, zero=0", kPadded, 2));
  EXPECT_EQ(only_convolution(passed).groups, 2);
  EXPECT_EQ(last_scale(passed.graph).scale.values, (std::vector<double>{0.125, 0.075}));
}

TEST(LiftProducts, MultiplesOfAUnitJoinTheWeights) {
  const Passed passed = run_pass(lift_linear, convolution("scale=[0.5,0.75]@1, zero=0", "scale=1, zero=0", kPadded));
  only_convolution(passed);
  EXPECT_EQ(last_scale(passed.graph).scale.values, (std::vector<double>{0.25}));
  EXPECT_EQ(constant_of(passed.graph, nodes_of<Conv>(passed.graph)[0], 1), (Tensor::Ints{2, -4, 0, 9, 4, -2, 3, 3}));
}

TEST(LiftProducts, ZeroPointsOfChannelsAreSubtractedWherePaddingIs) {
  const Passed passed = run_pass(lift_linear, convolution("scale=0.5, zero=[3,4]@1", "scale=1, zero=0", kPadded));
  EXPECT_EQ(only_convolution(passed).fill, 0);
  EXPECT_EQ(nodes_of<Join>(passed.graph).size(), 1U);
}

TEST(LiftProducts, NegativeScalesTurnTheWeights) {
  const Passed passed = run_pass(lift_linear, convolution("scale=0.5, zero=1", "scale=[1,-2]@0, zero=0", kPadded));
  EXPECT_EQ(constant_of(passed.graph, nodes_of<Conv>(passed.graph)[0], 1), (Tensor::Ints{1, -2, 0, 3, -2, 1, -1, -1}));
  EXPECT_EQ(last_scale(passed.graph).scale.values, (std::vector<double>{0.5, 1}));
}

}  // namespace
}  // namespace finnr
