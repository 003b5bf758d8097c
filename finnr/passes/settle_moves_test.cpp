// SPDX-License-Identifier: Apache-2.0
#include <fmt/format.h>

#include "finnr/passes/same_numbers_for_test.h"

namespace finnr {
namespace {

/// Operators of T on float numbers.
template <class T>
int float_nodes(const Graph& graph) {
  int number = 0;
  for (const NodeId id : nodes_of<T>(graph)) number += graph.value(graph.node(id).inputs[0]).type.is_float ? 1 : 0;
  return number;
}

/// Two channels of sums, a pool, then `behind` from %2 to %9, then two bits.
std::string pooled(const std::string& behind, const std::string& scale = "0.25", const std::string& sums = "int[-100,100]") {
  return fmt::format(R"(
input %0 "acc" : {1}[1,2,4,4]
%1 = dequantize(%0) {{scale={0}, zero=0}} : f32[1,2,4,4] from "Conv"
%2 = pool(%1) {{kind=max, kernel=[2,2], stride=[2,2], dilation=[1,1], begin=[0,0], end=[0,0], fill=0}} : f32[1,2,2,2] from "Pool"
{2}
%10 = quantize(%9) {{style=onnx, rounding=half_even, codes=int[0,3], scale=1.3, zero=0}} : int[0,3][1,2,2,2] from "Quant"
output %10)",
                     scale, sums, behind);
}

const char* const kNorm = R"(
const %3 : f32[1,2,1,1] = [0.5,1.5]
%4 = binary(%2, %3) {function=mul} : f32[1,2,2,2] from "BN"
const %5 : f32[1,2,1,1] = [-3,0.7]
%6 = binary(%5, %4) {function=add} : f32[1,2,2,2] from "BN"
%9 = unary(%6) {function=relu, alpha=0, beta=0} : f32[1,2,2,2] from "Relu")";

TEST(SettleMoves, TheQuantizerGoesInFrontOfAPoolOfWideSums) {
  const Passed passed = run_pass(settle_moves, pooled(kNorm));
  EXPECT_TRUE(passed.changed);
  EXPECT_EQ(float_nodes<Pool>(passed.graph), 0);
  EXPECT_EQ(passed.graph.value(passed.graph.node(nodes_of<Pool>(passed.graph)[0]).inputs[0]).type, ElementType::integer({0, 3}));
}

TEST(SettleMoves, APoolOfNarrowCodesGoesInFrontOfWhatScalesThem) {
  const Passed passed = run_pass(settle_moves, pooled(kNorm, "0.25", "int[0,3]"));
  EXPECT_EQ(float_nodes<Pool>(passed.graph), 0);
  EXPECT_EQ(passed.graph.node(nodes_of<Pool>(passed.graph)[0]).inputs[0], passed.graph.inputs()[0]);
}

TEST(SettleMoves, ADecreasingChannelPoolsTheSums) {
  const Passed passed = run_pass(settle_moves, pooled(R"(
const %3 : f32[1,2,1,1] = [0.5,-1.5]
%9 = binary(%2, %3) {function=mul} : f32[1,2,2,2])"));
  EXPECT_EQ(float_nodes<Pool>(passed.graph), 0);
  EXPECT_EQ(passed.graph.node(nodes_of<Pool>(passed.graph)[0]).inputs[0], passed.graph.inputs()[0]);
}

TEST(SettleMoves, TwoDecreasingStepsIncrease) {
  const Passed passed = run_pass(settle_moves, pooled(R"(
const %3 : f32[1,2,1,1] = [0.5,-1.5]
%4 = binary(%2, %3) {function=mul} : f32[1,2,2,2]
%9 = binary(%4, %3) {function=mul} : f32[1,2,2,2])"));
  EXPECT_EQ(passed.graph.value(passed.graph.node(nodes_of<Pool>(passed.graph)[0]).inputs[0]).type, ElementType::integer({0, 3}));
}

TEST(SettleMoves, NegativeScalesOfSumsNeedTheQuantizerInFront) {
  const Passed passed = run_pass(settle_moves, pooled(kNorm, "[0.25,-0.5]@1", "int[0,3]"));
  EXPECT_EQ(float_nodes<Pool>(passed.graph), 0);
  EXPECT_NE(passed.graph.node(nodes_of<Pool>(passed.graph)[0]).inputs[0], passed.graph.inputs()[0]);
}

TEST(SettleMoves, SomeMaximaStay) {
  const Passed passed = run_pass(settle_moves, pooled(R"(
const %3 : f32[1,2,1,1] = [0.5,-1.5]
%9 = binary(%2, %3) {function=mul} : f32[1,2,2,2])",
                                                      "[0.25,-0.5]@1"));
  EXPECT_FALSE(passed.changed);
}

TEST(SettleMoves, BranchesOfOtherScalesGetAQuantizerEach) {
  const Passed passed = run_pass(settle_moves, R"(
input %0 "a" : int[-90,90][1,1,3]
input %1 "b" : int[-90,90][1,2,3]
%2 = dequantize(%0) {scale=0.1, zero=3} : f32[1,1,3]
%3 = dequantize(%1) {scale=0.07, zero=0} : f32[1,2,3]
%4 = concat(%2, %3) {axis=1} : f32[1,3,3] from "Concat"
const %5 : f32[3,1] = [0.5,1,-2]
%6 = binary(%4, %5) {function=mul} : f32[1,3,3]
const %7 : f32[3,2] = [1,2,3,4,-1,0.5]
%8 = count_thresholds(%6, %7) {axis=1, step=1, base=0, bipolar=false} : int[0,2][1,3,3]
%9 = quantize(%6) {style=qonnx, rounding=half_even, codes=int[-2,1], scale=[0.5,0.4,0.3]@1, zero=0} : int[-2,1][1,3,3]
output %8 %9)");
  EXPECT_EQ(float_nodes<Concat>(passed.graph), 0);
  EXPECT_EQ(nodes_of<Concat>(passed.graph).size(), 2U) << "one for each quantizer";
  EXPECT_EQ(nodes_of<Quantize>(passed.graph).size(), 2U);
}

TEST(SettleMoves, PaddingMovesWhenItIsOneCode) {
  const auto padded = [](const char* shifts) {
    return fmt::format(R"(
input %0 "x" : int[-90,90][1,2,3]
%1 = dequantize(%0) {{scale=0.1, zero=3}} : f32[1,2,3]
%2 = pad(%1) {{begin=[0,0,1], end=[0,0,2], value=0.05, code=0}} : f32[1,2,6] from "Pad"
const %3 : f32[2,1] = {}
%4 = binary(%2, %3) {{function=add}} : f32[1,2,6]
%5 = quantize(%4) {{style=onnx, rounding=half_even, codes=int[0,3], scale=1, zero=0}} : int[0,3][1,2,6]
output %5)",
                       shifts);
  };
  const Passed one = run_pass(settle_moves, padded("[1.1,0.9]"));
  EXPECT_TRUE(one.changed);
  EXPECT_EQ(std::get<Pad>(one.graph.node(nodes_of<Pad>(one.graph)[0]).op).code, 1);
  EXPECT_FALSE(run_pass(settle_moves, padded("[1.1,2]")).changed);
}

TEST(SettleMoves, ConstantsFollowTakenAndTurnedElements) {
  const Passed passed = run_pass(settle_moves, R"(
input %0 "x" : int[-90,90][1,3,2]
%1 = dequantize(%0) {scale=0.1, zero=3} : f32[1,3,2]
%2 = transpose(%1) {perm=[2,0,1]} : f32[2,1,3]
%3 = take(%2) {axis=2, indices=[2,2,0]} : f32[2,1,3]
const %4 : f32[3] = [1.1,1.1,0.9]
%5 = binary(%3, %4) {function=mul} : f32[2,1,3]
%6 = quantize(%5) {style=onnx, rounding=half_even, codes=int[0,3], scale=[1,2]@0, zero=0} : int[0,3][2,1,3]
output %6)");
  EXPECT_EQ(float_nodes<Take>(passed.graph) + float_nodes<Transpose>(passed.graph), 0);
  const NodeId quantizer = nodes_of<Quantize>(passed.graph)[0];
  EXPECT_EQ(std::get<Quantize>(passed.graph.node(quantizer).op).scale.axis, 2);
}

TEST(SettleMoves, AFlattenComesBehindTheQuantizer) {
  const Passed passed = run_pass(settle_moves, R"(
input %0 "x" : int[-90,90][1,3,2]
%1 = dequantize(%0) {scale=[0.1,0.2,0.3]@1, zero=3} : f32[1,3,2]
%2 = reshape(%1) {shape=[1,6]} : f32[1,6]
const %3 : f32[6] = [1,1,2,2,3,3]
%4 = binary(%2, %3) {function=mul} : f32[1,6]
%5 = quantize(%4) {style=onnx, rounding=half_even, codes=int[0,3], scale=1, zero=0} : int[0,3][1,6]
output %5)");
  EXPECT_EQ(float_nodes<Reshape>(passed.graph), 0);
}

TEST(SettleMoves, TheHostKeepsItsOwn) {
  EXPECT_FALSE(run_pass(settle_moves, R"(
input %0 "x" : f32[1,2,3]
input %1 "y" : int[-9,9][1,2,3]
%2 = concat(%0, %0) {axis=1} : f32[1,4,3]
%3 = quantize(%2) {style=onnx, rounding=half_even, codes=int[0,3], scale=1, zero=0} : int[0,3][1,4,3]
%4 = dequantize(%1) {scale=1, zero=0} : f32[1,2,3]
%5 = concat(%4, %4) {axis=1} : f32[1,4,3]
output %3 %5)")
                   .changed);
}

TEST(SettleMoves, AResidualSumOfMovedValuesMovesCodes) {
  const Passed passed = run_pass(settle_moves, R"(
input %0 "x" : int[0,15][1,2,4]
input %1 "y" : int[0,15][1,2,4]
%2 = dequantize(%0) {scale=0.1, zero=0} : f32[1,2,4]
%3 = pool(%2) {kind=max, kernel=[2], stride=[2], dilation=[1], begin=[0], end=[0], fill=0} : f32[1,2,2]
%4 = dequantize(%1) {scale=0.3, zero=2} : f32[1,2,4]
%5 = take(%4) {axis=2, indices=[3,1]} : f32[1,2,2]
%6 = binary(%3, %5) {function=add} : f32[1,2,2]
%7 = quantize(%6) {style=onnx, rounding=half_even, codes=int[0,3], scale=1, zero=0} : int[0,3][1,2,2]
output %7)");
  EXPECT_EQ(float_nodes<Pool>(passed.graph) + float_nodes<Take>(passed.graph), 0);
}

}  // namespace
}  // namespace finnr
