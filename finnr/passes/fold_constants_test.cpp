// SPDX-License-Identifier: Apache-2.0
#include "finnr/passes/same_numbers_for_test.h"

namespace finnr {
namespace {

TEST(FoldConstants, QuantizedWeightsBecomeCodesAndKeepTheirScale) {
  const Passed passed = run_pass(fold_constants, R"(
input %0 "x" : f32[1,2]
const %1 : f32[2,2] = [1.2,-0.6,0.4,7]
%2 = quantize(%1) {style=qonnx, rounding=half_even, codes=int[-4,3], scale=0.5, zero=0} : int[-4,3][2,2] from "Quant_w"
%3 = dequantize(%2) {scale=0.5, zero=0} : f32[2,2] from "Quant_w"
%4 = matmul(%0, %3) : f32[1,2] from "fc"
output %4)");
  EXPECT_TRUE(passed.changed);
  EXPECT_TRUE(nodes_of<Quantize>(passed.graph).empty());
  ASSERT_EQ(nodes_of<Dequantize>(passed.graph).size(), 1U);
  const NodeId dequantize = nodes_of<Dequantize>(passed.graph)[0];
  EXPECT_EQ(constant_of(passed.graph, dequantize, 0), (Tensor::Ints{2, -1, 1, 3}));
  EXPECT_EQ(passed.graph.value(passed.graph.node(dequantize).inputs[0]).type.ints, (IntType{-4, 3})) << "the quantizer's type is kept";
}

TEST(FoldConstants, ScaleOfWeightsIsKeptThroughTransposes) {
  const Passed passed = run_pass(fold_constants, R"(
input %0 "x" : f32[1,2]
const %1 : int[-4,3][2,2] = [1,2,3,-4]
%2 = dequantize(%1) {scale=[0.5,0.1]@0, zero=0} : f32[2,2]
%3 = transpose(%2) {perm=[1,0]} : f32[2,2]
%4 = matmul(%0, %3) : f32[1,2]
output %4)");
  EXPECT_FALSE(passed.changed);
}

TEST(FoldConstants, ScaleOfAQuantizedBiasIsKeptForTheSums) {
  EXPECT_FALSE(run_pass(fold_constants, R"(
input %0 "x" : f32[1,2]
const %1 : int[-8,7][2] = [-3,5]
%2 = dequantize(%1) {scale=0.25, zero=1} : f32[2]
%3 = binary(%0, %2) {function=add} : f32[1,2]
output %3)")
                   .changed);
}

TEST(FoldConstants, EveryResultOfANode) {
  const Passed passed = run_pass(fold_constants, R"(
input %0 "x" : f32[1]
const %1 : f32[3] = [1,7,7]
%2, %3 = top_k(%1) {k=1, axis=0, largest=true} : f32[1], int[0,2][1]
%4 = binary(%0, %2) {function=mul} : f32[1]
output %4 %3)");
  EXPECT_TRUE(nodes_of<TopK>(passed.graph).empty());
  EXPECT_EQ(*passed.graph.value(passed.graph.outputs()[1]).constant, Tensor({1}, Tensor::Ints{1}));
}

TEST(FoldConstants, WhatDependsOnTheInputStays) {
  EXPECT_FALSE(run_pass(fold_constants, R"(
input %0 "x" : f32[2]
const %1 : f32[2] = [1,2]
%2 = binary(%1, %0) {function=sub} : f32[2]
output %2)")
                   .changed);
}

}  // namespace
}  // namespace finnr
