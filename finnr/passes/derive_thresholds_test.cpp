// SPDX-License-Identifier: Apache-2.0
#include <fmt/format.h>

#include <algorithm>

#include "finnr/passes/same_numbers_for_test.h"

namespace finnr {
namespace {

/// An integer x [1,3], its value %1, a `chain` from %1 to %8, then a quantizer.
std::string between(const std::string& x, const std::string& scale, const std::string& chain, const std::string& quantizer,
                    const std::string& codes) {
  return fmt::format(R"(
input %0 "x" : {0}[1,3]
%1 = dequantize(%0) {{scale={1}, zero=0}} : f32[1,3]
{2}
%9 "code" = quantize(%8) {{{3}}} : {4}[1,3] from "Quant_0"
output %9)",
                     x, scale, chain, quantizer, codes);
}

const std::string kNothing = "%8 = reshape(%1) {shape=[1,3]} : f32[1,3]";
const std::string kToInt2 = "style=onnx, rounding=half_even, codes=int[-2,2], scale=1, zero=0";

struct Table {
  Tensor::Ints thresholds;
  Tensor::Ints base;
  Tensor::Ints signs;
  int axis = 0;
};

Table table_of(const Passed& passed) {
  EXPECT_TRUE(passed.changed);
  const std::vector<NodeId> nodes = nodes_of<Thresholds>(passed.graph);
  EXPECT_EQ(nodes.size(), 1U) << print(passed.graph);
  if (nodes.size() != 1) return {};
  const Graph& g = passed.graph;
  return {constant_of(g, nodes[0], 1), constant_of(g, nodes[0], 2), constant_of(g, nodes[0], 3),
          std::get<Thresholds>(g.node(nodes[0]).op).axis};
}

TEST(DeriveThresholds, TiesGoToTheEvenCode) {
  // Codes of x/2: -3 -> -1.5 -> -2, -1 -> -0.5 -> 0, 1 -> 0.5 -> 0, 3 -> 1.5 -> 2.
  const Passed passed = run_pass(derive_thresholds, between("int[-8,8]", "0.5", kNothing, kToInt2, "int[-2,2]"));
  const Table table = table_of(passed);
  EXPECT_EQ(table.thresholds, (Tensor::Ints{-2, -1, 2, 3}));
  EXPECT_EQ(table.base, (Tensor::Ints{-2}));
  EXPECT_EQ(table.signs, (Tensor::Ints{1, 1, 1, 1}));
  EXPECT_EQ(passed.graph.value(passed.graph.outputs()[0]).name, "code");
  EXPECT_EQ(passed.graph.node(nodes_of<Thresholds>(passed.graph)[0]).origin, Origin{"Quant_0"});
}

TEST(DeriveThresholds, RoundingModesDiffer) {
  const std::string up = "style=onnx, rounding=half_up, codes=int[-2,2], scale=1, zero=0";
  EXPECT_EQ(table_of(run_pass(derive_thresholds, between("int[-8,8]", "0.5", kNothing, up, "int[-2,2]"))).thresholds,
            (Tensor::Ints{-2, 0, 1, 3}));
  const std::string floor = "style=onnx, rounding=floor, codes=int[-2,2], scale=1, zero=0";
  EXPECT_EQ(table_of(run_pass(derive_thresholds, between("int[-8,8]", "0.5", kNothing, floor, "int[-2,2]"))).thresholds,
            (Tensor::Ints{-2, 0, 2, 4}));
}

TEST(DeriveThresholds, DecreasingChainsStepDown) {
  const Table table = table_of(run_pass(derive_thresholds, between("int[-8,8]", "-1", kNothing, kToInt2, "int[-2,2]")));
  EXPECT_EQ(table.thresholds, (Tensor::Ints{-1, 0, 1, 2}));
  EXPECT_EQ(table.base, (Tensor::Ints{2}));
  EXPECT_EQ(table.signs, (Tensor::Ints{-1, -1, -1, -1}));
}

TEST(DeriveThresholds, ChannelsThatRiseStandStillAndFall) {
  const std::string chain = R"(
const %2 : f32[3] = [1,0,-1]
%3 = binary(%1, %2) {function=mul} : f32[1,3] from "BatchNorm"
const %4 : f32[3] = [0,1,0.5]
%8 = binary(%3, %4) {function=add} : f32[1,3] from "BatchNorm")";
  const Table table = table_of(run_pass(derive_thresholds, between("int[-3,3]", "1", chain, kToInt2, "int[-2,2]")));
  EXPECT_EQ(table.axis, 1);
  EXPECT_EQ(table.thresholds, (Tensor::Ints{-1, 0, 1, 2,    //
                                            4, 4, 4, 4,     // 4 is never reached
                                            0, 0, 2, 2}));  // 3.5 2.5 1.5 | 0.5 -0.5 | -1.5 -2.5, ties to even
  EXPECT_EQ(table.base, (Tensor::Ints{-2, 1, 2}));
  EXPECT_EQ(table.signs, (Tensor::Ints{1, 1, 1, 1, 1, 1, 1, 1, -1, -1, -1, -1}));
}

TEST(DeriveThresholds, CodesBeyondTheRangeNeedNoThreshold) {
  const std::string wide = "style=qonnx, rounding=half_even, codes=int[-128,127], scale=1, zero=0";
  const Table table = table_of(run_pass(derive_thresholds, between("int[-2,1]", "1.1", kNothing, wide, "int[-128,127]")));
  EXPECT_EQ(table.thresholds, (Tensor::Ints{-1, 0, 1}));
  EXPECT_EQ(table.base, (Tensor::Ints{-2}));
}

TEST(DeriveThresholds, CodesMayBeSkipped) {
  const std::string fine = "style=qonnx, rounding=half_even, codes=int[0,7], scale=0.5, zero=1";
  const Table table = table_of(run_pass(derive_thresholds, between("int[-1,2]", "1", kNothing, fine, "int[0,7]")));
  EXPECT_EQ(table.thresholds, (Tensor::Ints{0, 1, 1, 2, 2}));  // 0, 1, 3, 5
}

TEST(DeriveThresholds, ZeroPointsOnBothSides) {
  const std::string text = R"(
input %0 "x" : int[0,9][3]
%1 = dequantize(%0) {scale=2, zero=4} : f32[3]
%2 = quantize(%1) {style=onnx, rounding=half_even, codes=int[0,3], scale=4, zero=1} : int[0,3][3]
output %2)";
  // 2 (x - 4) / 4 + 1: -1 -0.5 0 0.5 | 1 1.5 2 2.5 ..., rounded before the zero point is added.
  const Table table = table_of(run_pass(derive_thresholds, text));
  EXPECT_EQ(table.thresholds, (Tensor::Ints{3, 6, 7}));
  EXPECT_EQ(table.base, (Tensor::Ints{0}));
}

TEST(DeriveThresholds, AbsGivesSignedSteps) {
  const Table table =
      table_of(run_pass(derive_thresholds, between("int[-3,3]", "1", "%8 = unary(%1) {function=abs, alpha=0, beta=0} : f32[1,3]",
                                                   "style=onnx, rounding=half_even, codes=int[0,7], scale=1, zero=0", "int[0,7]")));
  EXPECT_EQ(table.thresholds, (Tensor::Ints{-2, -1, 0, 1, 2, 3}));
  EXPECT_EQ(table.base, (Tensor::Ints{3}));
  EXPECT_EQ(table.signs, (Tensor::Ints{-1, -1, -1, 1, 1, 1}));
}

TEST(DeriveThresholds, SineRisesAndFalls) {
  const Table table =
      table_of(run_pass(derive_thresholds, between("int[-40,40]", "0.3", "%8 = unary(%1) {function=sin, alpha=0, beta=0} : f32[1,3]",
                                                   "style=onnx, rounding=half_even, codes=int[-4,4], scale=0.25, zero=0", "int[-4,4]")));
  EXPECT_GT(std::ranges::count(table.signs, 1), 10);
  EXPECT_GT(std::ranges::count(table.signs, -1), 10);
}

TEST(DeriveThresholds, TranscendentalFunctionsAreScanned) {
  for (const char* function : {"sigmoid", "tanh", "gelu", "softplus", "hard_swish"}) {
    const std::string chain = fmt::format("%8 = unary(%1) {{function={}, alpha=0, beta=0}} : f32[1,3]", function);
    const std::string quantizer = "style=qonnx, rounding=half_even, codes=int[-8,7], scale=0.125, zero=0";
    EXPECT_FALSE(table_of(run_pass(derive_thresholds, between("int[-300,300]", "0.01", chain, quantizer, "int[-8,7]"))).thresholds.empty())
        << function;
  }
}

TEST(DeriveThresholds, BipolarCodes) {
  const Table table =
      table_of(run_pass(derive_thresholds, between("int[-5,5]", "[1,-1,2]@1", kNothing,
                                                   "style=bipolar, rounding=half_even, codes=bipolar, scale=1, zero=0", "bipolar")));
  EXPECT_EQ(table.thresholds, (Tensor::Ints{0, 1, 0})) << "zero counts as positive, in falling channels too";
  EXPECT_EQ(table.base, (Tensor::Ints{0, 1, 0}));
  EXPECT_EQ(table.signs, (Tensor::Ints{1, -1, 1}));
}

TEST(DeriveThresholds, CountThresholdsOfTheModel) {
  const Table table = table_of(run_pass(derive_thresholds, R"(
input %0 "x" : int[-9,9][1,2]
%1 = dequantize(%0) {scale=0.5, zero=0} : f32[1,2]
const %2 : f32[2,2] = [-1.25,2,0,99]
%3 = count_thresholds(%1, %2) {axis=1, step=2, base=-1, bipolar=false} : int[-1,3][1,2] from "MultiThreshold_0"
output %3)"));
  EXPECT_EQ(table.thresholds, (Tensor::Ints{-2, -2, 4, 4, 0, 0, 10, 10}));
  EXPECT_EQ(table.base, (Tensor::Ints{-1, -1}));
}

TEST(DeriveThresholds, UnsqueezeAndSqueezeInBetween) {
  const Passed passed = run_pass(derive_thresholds, R"(
input %0 "x" : int[-9,9][2,3]
%1 = dequantize(%0) {scale=1, zero=0} : f32[2,3]
%2 = reshape(%1) {shape=[2,3,1]} : f32[2,3,1] from "Unsqueeze"
const %3 : f32[1,3,1] = [0.5,-1.5,2.5]
%4 = binary(%2, %3) {function=add} : f32[2,3,1] from "BatchNorm"
%5 = transpose(%4) {perm=[2,0,1]} : f32[1,2,3]
%6 = reshape(%5) {shape=[2,3]} : f32[2,3] from "Squeeze"
%7 = quantize(%6) {style=onnx, rounding=half_even, codes=int[0,1], scale=1, zero=0} : int[0,1][2,3] from "Quant"
output %7)");
  EXPECT_EQ(table_of(passed).thresholds, (Tensor::Ints{1, 3, -1}));  // 1.5, 1.5, 1.5; 0.5 is a tie to 0
  EXPECT_EQ(table_of(passed).axis, 1);
}

TEST(DeriveThresholds, ParametersPerElement) {
  const Passed passed = run_pass(derive_thresholds, R"(
input %0 "x" : int[-9,9][2,2]
%1 = dequantize(%0) {scale=1, zero=0} : f32[2,2]
const %2 : f32[2,2] = [1,2,3,4]
%3 = binary(%1, %2) {function=add} : f32[2,2]
%4 = quantize(%3) {style=bipolar, rounding=half_even, codes=bipolar, scale=1, zero=0} : bipolar[2,2]
output %4)");
  EXPECT_EQ(table_of(passed).thresholds, (Tensor::Ints{-1, -2, -3, -4}));
}

TEST(DeriveThresholds, ChannelsInTheMiddle) {
  const Passed passed = run_pass(derive_thresholds, R"(
input %0 "x" : int[-9,9][2,2,3]
%1 = dequantize(%0) {scale=1, zero=0} : f32[2,2,3]
const %2 : f32[2,1] = [1,2]
%3 = binary(%1, %2) {function=add} : f32[2,2,3]
%4 = quantize(%3) {style=bipolar, rounding=half_even, codes=bipolar, scale=1, zero=0} : bipolar[2,2,3]
output %4)");
  EXPECT_EQ(table_of(passed).thresholds, (Tensor::Ints{-1, -2}));
  EXPECT_EQ(table_of(passed).axis, 1);
}

TEST(DeriveThresholds, TheSameGridNeedsNothing) {
  const Passed passed = run_pass(derive_thresholds, R"(
input %0 "x" : int[0,255][4]
%1 = dequantize(%0) {scale=0.1, zero=3} : f32[4]
%2 = quantize(%1) {style=onnx, rounding=half_even, codes=int[0,255], scale=0.1, zero=3} : int[0,255][4]
output %2)");
  EXPECT_TRUE(passed.graph.order().empty());
  EXPECT_EQ(passed.graph.outputs()[0], passed.graph.inputs()[0]);
  EXPECT_EQ(passed.graph.value(passed.graph.inputs()[0]).name, "x");
}

TEST(DeriveThresholds, TheSameGridOfAnotherTypeKeepsItsType) {
  const Passed passed = run_pass(derive_thresholds, R"(
input %0 "x" : int[0,3][1,2]
%1 = dequantize(%0) {scale=0.5, zero=0} : f32[1,2]
%2 = quantize(%1) {style=qonnx, rounding=half_even, codes=int[-8,7], scale=0.5, zero=0} : int[-8,7][1,2]
const %3 : int[-1,2][2,1] = [-1,2]
%4 = matmul(%2, %3) : int[-23,22][1,1]
output %4)");
  EXPECT_EQ(table_of(passed).thresholds, (Tensor::Ints{1, 2, 3}));
}

TEST(DeriveThresholds, WhatIsNotElementwiseStays) {
  const std::string chain = "%8 = softmax(%1) {axis=1, end=2, logarithm=false} : f32[1,3]";
  EXPECT_FALSE(run_pass(derive_thresholds, between("int[-3,3]", "1", chain, kToInt2, "int[-2,2]")).changed);
  EXPECT_FALSE(run_pass(derive_thresholds, R"(
input %0 "x" : f32[3]
%1 = quantize(%0) {style=onnx, rounding=half_even, codes=int[0,1], scale=1, zero=0} : int[0,1][3]
output %1)")
                   .changed);
}

TEST(DeriveThresholds, TwoValuesOfOneIntegerMeet) {
  const Passed passed = run_pass(derive_thresholds, R"(
input %0 "x" : int[-20,20][2]
%1 = dequantize(%0) {scale=0.5, zero=0} : f32[2]
%2 = unary(%1) {function=sigmoid, alpha=0, beta=0} : f32[2]
%3 = binary(%1, %2) {function=mul} : f32[2] from "Swish"
%4 = quantize(%3) {style=onnx, rounding=half_even, codes=int[-8,7], scale=0.25, zero=0} : int[-8,7][2]
output %4)");
  EXPECT_FALSE(table_of(passed).thresholds.empty());
}

TEST(DeriveThresholds, ConsumersOfOneAccumulatorGetTheirOwnAndEqualOnesAreMerged) {
  const Passed passed = run_pass(derive_thresholds, R"(
input %0 "x" : int[-9,9][2]
%1 = dequantize(%0) {scale=1, zero=0} : f32[2]
%2 = quantize(%1) {style=onnx, rounding=half_even, codes=int[0,3], scale=1, zero=0} : int[0,3][2] from "a"
%3 = quantize(%1) {style=onnx, rounding=half_even, codes=int[0,3], scale=1, zero=0} : int[0,3][2] from "b"
%4 = quantize(%1) {style=onnx, rounding=half_even, codes=int[0,3], scale=2, zero=0} : int[0,3][2] from "c"
output %2 %3 %4)");
  EXPECT_EQ(nodes_of<Thresholds>(passed.graph).size(), 3U);
  Graph merged = passed.graph;
  Diagnostics diagnostics;
  PassContext context{diagnostics, evaluate};
  EXPECT_EQ(merge_equal(merged, context), Changed::kYes);
  merged.remove_unused();
  EXPECT_EQ(nodes_of<Thresholds>(merged).size(), 2U);
  expect_same_numbers(passed.graph, merged);
}

TEST(DeriveThresholds, CodesWithoutLimitsAreThoseThatOccur) {
  const Passed passed = run_pass(derive_thresholds, R"(
input %0 "x" : int[0,15][1,2]
%1 = dequantize(%0) {scale=0.25, zero=0} : f32[1,2]
%2 = quantize(%1) {style=qonnx, rounding=floor, codes=int[-4294967296,4294967296], scale=1, zero=0} : int[-4294967296,4294967296][1,2]
const %3 : int[-1,2][2,1] = [2,-1]
%4 = matmul(%2, %3) : int[-12884901888,12884901888][1,1]
output %4)");
  ASSERT_EQ(nodes_of<Thresholds>(passed.graph).size(), 1U);
  EXPECT_EQ(passed.graph.value(passed.graph.node(nodes_of<Thresholds>(passed.graph)[0]).outputs[0]).type.ints, (IntType{0, 3, false}));
  EXPECT_EQ(passed.graph.value(passed.graph.outputs()[0]).type.ints, (IntType{-3, 6, false})) << "what follows is narrower too";
}

}  // namespace
}  // namespace finnr
