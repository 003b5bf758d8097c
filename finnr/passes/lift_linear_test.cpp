// SPDX-License-Identifier: Apache-2.0
#include "finnr/passes/same_numbers_for_test.h"

namespace finnr {
namespace {

// What one sweep makes of several linear operators in a row; lift_products_test and lift_sums_test look at each kind.
TEST(LiftLinear, AProductABiasAndASumOfOneScaleBecomeIntegersInOneSweep) {
  const Passed passed = run_pass(lift_linear, R"(
input %0 "x" : int[-8,7][1,2,3,3]
%1 = dequantize(%0) {scale=0.5, zero=1} : f32[1,2,3,3]
const %2 : int[-2,1][2,2,1,1] = [1,-2,0,1]
%3 = dequantize(%2) {scale=1, zero=0} : f32[2,2,1,1]
%4 = conv(%1, %3) {stride=[1,1], dilation=[1,1], begin=[0,0], end=[0,0], spacing=[1,1], groups=1, fill=0} : f32[1,2,3,3] from "Conv_0"
const %5 : int[-9,9][1,2,1,1] = [9,-3]
%6 = dequantize(%5) {scale=0.5, zero=0} : f32[1,2,1,1]
%7 = binary(%4, %6) {function=add} : f32[1,2,3,3] from "Add_0"
%8 = binary(%7, %1) {function=add} : f32[1,2,3,3] from "Add_1"
output %8)");
  EXPECT_TRUE(passed.changed);
  EXPECT_TRUE(nodes_of<Binary>(passed.graph).empty());
  ASSERT_EQ(nodes_of<Conv>(passed.graph).size(), 1U);
  ASSERT_EQ(nodes_of<Join>(passed.graph).size(), 1U);
  ASSERT_EQ(nodes_of<Dequantize>(passed.graph).size(), 1U);
  EXPECT_FALSE(passed.graph.value(passed.graph.node(nodes_of<Conv>(passed.graph)[0]).outputs[0]).type.is_float);
}

// Relu of -1 and +1 is 0 and +1; the bias at the accumulator's scale still joins the integers.
TEST(LiftLinear, ReluOfBipolarCodesKeepsTheGrid) {
  const Passed passed = run_pass(lift_linear, R"(
input %0 "x" : bipolar[1,2]
%1 = dequantize(%0) {scale=0.5, zero=0} : f32[1,2]
%2 = unary(%1) {function=relu, alpha=0, beta=0} : f32[1,2] from "Relu_0"
const %3 : int[-2,1][2,2] = [1,-2,0,1]
%4 = dequantize(%3) {scale=1, zero=0} : f32[2,2]
%5 = matmul(%2, %4) : f32[1,2] from "MatMul_0"
const %6 : int[-9,9][2] = [9,-3]
%7 = dequantize(%6) {scale=0.5, zero=0} : f32[2]
%8 = binary(%5, %7) {function=add} : f32[1,2] from "Add_0"
output %8)");
  EXPECT_TRUE(passed.changed);
  EXPECT_TRUE(nodes_of<Binary>(passed.graph).empty());
  EXPECT_EQ(nodes_of<Thresholds>(passed.graph).size(), 1U);
}

TEST(LiftLinear, WhatIsNotQuantizedStays) {
  const Passed passed = run_pass(lift_linear, R"(
input %0 "x" : f32[1,2]
const %1 : int[-2,1][2,2] = [1,-2,0,1]
%2 = dequantize(%1) {scale=1, zero=0} : f32[2,2]
%3 = matmul(%0, %2) : f32[1,2] from "MatMul_0"
output %3)");
  EXPECT_FALSE(passed.changed);
}

}  // namespace
}  // namespace finnr
