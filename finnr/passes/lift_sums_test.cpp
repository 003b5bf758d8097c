// SPDX-License-Identifier: Apache-2.0
#include <fmt/format.h>

#include "finnr/passes/same_numbers_for_test.h"

namespace finnr {
namespace {

/// x times weights, lifted by hand: the accumulator's scale is 0.1f * 0.25f, or by output.
std::string sum(const std::string& scale, const std::string& zero, const std::string& bias) {
  return fmt::format(R"(
input %0 "x" : int[-8,7][3,2]
%1 = dequantize(%0) {{scale={}, zero={}}} : f32[3,2] from "MatMul_0"
const %2 : int[-99,99][2] = [7,-30]
%3 = dequantize(%2) {{{}}} : f32[2]
%4 "y" = binary(%3, %1) {{function=add}} : f32[3,2] from "Add_0"
output %4)",
                     scale, zero, bias);
}

// 0.1f * 0.25f needs no rounding; 0.1f * 0.3f does.
const double kExact = static_cast<double>(0.1F) * 0.25;
const double kProduct = static_cast<double>(0.1F) * static_cast<double>(0.3F);
const auto kRounded = static_cast<double>(static_cast<float>(kProduct));

const Dequantize& only_scale(const Passed& passed) {
  EXPECT_TRUE(passed.changed);
  EXPECT_TRUE(nodes_of<Binary>(passed.graph).empty());
  static const Dequantize kNone;
  const auto* op = passed.graph.producer_as<Dequantize>(passed.graph.outputs()[0]);
  EXPECT_NE(op, nullptr);
  return op != nullptr ? *op : kNone;
}

/// The pass alone, on a graph in which the products are lifted already (the reference executor sees the sum as one there,
/// so numbers are compared by the tests of whole networks).
Passed absorbed(const std::string& text) {
  Passed passed{graph_of(text), false, {}};
  PassContext context{passed.diagnostics, evaluate};
  passed.changed = lift_linear(passed.graph, context) == Changed::kYes;
  passed.graph.remove_unused();
  EXPECT_TRUE(verify(passed.graph).ok());
  return passed;
}

TEST(LiftSums, AtTheScaleOfTheAccumulator) {
  const Passed passed = absorbed(sum(fmt::format("{}", kExact), "3", fmt::format("scale={}, zero=0", kExact)));
  EXPECT_EQ(only_scale(passed).zero, (PerAxis<std::int64_t>{{3 - 7, 3 + 30}, 1}));
  EXPECT_EQ(only_scale(passed).scale.values[0], kExact);
  EXPECT_EQ(passed.graph.value(passed.graph.outputs()[0]).name, "y");
  EXPECT_EQ(passed.graph.node(passed.graph.order()[0]).origin, (Origin{"MatMul_0", "Add_0"}));
}

TEST(LiftSums, AtItsScaleRoundedToFloat) {
  const Passed passed = absorbed(sum(fmt::format("{}", kProduct), "0", fmt::format("scale={}, zero=2", kRounded)));
  EXPECT_EQ(only_scale(passed).zero.values, (std::vector<std::int64_t>{-5, 32}));
  EXPECT_EQ(only_scale(passed).scale.values[0], kProduct) << "the exact product stays";
}

TEST(LiftSums, ScalesPerOutput) {
  const std::string scales = fmt::format("[{},{}]", kExact, kProduct);
  const std::string rounded = fmt::format("scale=[{},{}]@0, zero=0", kExact, kRounded);
  EXPECT_EQ(only_scale(absorbed(sum(scales + "@1", "[1,2]@1", rounded))).zero.values, (std::vector<std::int64_t>{-6, 32}));
}

TEST(LiftSums, OtherScalesStayTwoSteps) {
  for (const double factor : {2.0, 1.0 + 1e-7}) {
    const Passed passed = absorbed(sum(fmt::format("{}", kExact), "0", fmt::format("scale={}, zero=0", kExact * factor)));
    EXPECT_FALSE(passed.changed) << factor;
  }
  EXPECT_FALSE(absorbed(sum(fmt::format("[{0},{0}]@1", kExact), "0", fmt::format("scale=[{},{}]@0, zero=0", kExact, kRounded))).changed);
}

TEST(LiftSums, WholeNetworksKeepTheirNumbers) {
  for (const double bias_scale : {kRounded, 2 * kRounded, 0.01}) {
    const std::string text = fmt::format(R"(
input %0 "x" : int[-8,7][1,3]
%1 = dequantize(%0) {{scale={}, zero=1}} : f32[1,3]
const %2 : int[-3,3][3,2] = [1,-2,3,0,-3,2]
%3 = dequantize(%2) {{scale={}, zero=0}} : f32[3,2]
%4 = matmul(%1, %3) : f32[1,2] from "MatMul_0"
const %5 : int[-99,99][2] = [13,-77]
%6 = dequantize(%5) {{scale={}, zero=0}} : f32[2]
%7 = binary(%4, %6) {{function=add}} : f32[1,2] from "Add_0"
%8 = quantize(%7) {{style=onnx, rounding=half_even, codes=int[-8,7], scale=0.05, zero=0}} : int[-8,7][1,2]
output %8 %7)",
                                         static_cast<double>(0.1F), static_cast<double>(0.3F), bias_scale);
    const Graph before = graph_of(text);
    Graph after = before;
    Diagnostics diagnostics;
    PassContext context{diagnostics, evaluate};
    run_passes(after, streamline_passes(), context, "lift_linear");
    EXPECT_EQ(nodes_of<Binary>(after).empty(), bias_scale == kRounded);
    expect_same_numbers(before, after, 200);
    run_passes(after, streamline_passes(), context);
    expect_same_numbers(before, after, 200);
    EXPECT_EQ(nodes_of<Thresholds>(after).size(), 1U);
  }
}

TEST(LiftSums, ABiasPerChannelOfAnyAxis) {
  const Passed passed = run_pass(lift_linear, fmt::format(R"(
input %0 "x" : int[-8,7][1,2,3]
%1 = dequantize(%0) {{scale={0}, zero=[1,2]@1}} : f32[1,2,3]
const %2 : int[-99,99][2,1] = [7,-30]
%3 = dequantize(%2) {{scale={1}, zero=0}} : f32[2,1]
%4 = binary(%1, %3) {{function=sub}} : f32[1,2,3]
output %4)",
                                                          kProduct, kRounded));
  EXPECT_EQ(only_scale(passed).zero, (PerAxis<std::int64_t>{{8, -28}, 1}));
}

TEST(LiftSums, TwoValuesOfOneScale) {
  const Passed passed = run_pass(lift_linear, R"(
input %0 "x" : int[-8,7][1,2,3]
input %1 "y" : int[0,15][1,2,3]
%2 = dequantize(%0) {scale=0.1, zero=1} : f32[1,2,3]
%3 = dequantize(%1) {scale=0.1, zero=[2,5]@1} : f32[1,2,3]
%4 = take(%3) {axis=2, indices=[2,0,0]} : f32[1,2,3]
%5 = binary(%2, %4) {function=sub} : f32[1,2,3]
output %5)");
  ASSERT_EQ(nodes_of<Join>(passed.graph).size(), 1U);
  EXPECT_EQ(std::get<Join>(passed.graph.node(nodes_of<Join>(passed.graph)[0]).op).right, -1);
  EXPECT_EQ(only_scale(passed).zero, (PerAxis<std::int64_t>{{-1, -4}, 1}));
}

TEST(LiftSums, TwoScalesStay) {
  EXPECT_FALSE(run_pass(lift_linear, R"(
input %0 "x" : int[-8,7][1,3]
%1 = dequantize(%0) {scale=0.1, zero=1} : f32[1,3]
%2 = dequantize(%0) {scale=0.2, zero=1} : f32[1,3]
%3 = binary(%1, %2) {function=add} : f32[1,3]
output %3)")
                   .changed);
}

TEST(LiftSums, WindowsPadWithTheZeroPoint) {
  const Passed passed = run_pass(lift_linear, R"(
input %0 "x" : int[-8,7][1,2,3]
%1 = dequantize(%0) {scale=[0.1,0.3]@1, zero=3} : f32[1,2,3]
%2 = pool(%1) {kind=sum, kernel=[2], stride=[1], dilation=[1], begin=[1], end=[0], fill=0} : f32[1,2,3]
%3 = sum(%1) {axes=[2], keep=false} : f32[1,2]
output %2 %3)");
  EXPECT_EQ(std::get<Pool>(passed.graph.node(nodes_of<Pool>(passed.graph)[0]).op).fill, 3);
  EXPECT_EQ(only_scale(passed).zero.values, (std::vector<std::int64_t>{6}));
  EXPECT_EQ(passed.graph.producer_as<Dequantize>(passed.graph.outputs()[1])->zero.values, (std::vector<std::int64_t>{9}));
}

}  // namespace
}  // namespace finnr
