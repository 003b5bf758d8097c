// SPDX-License-Identifier: Apache-2.0
#include "finnr/passes/same_numbers_for_test.h"

namespace finnr {
namespace {

TEST(MergeEqual, SameOperatorOnEqualConstants) {
  const Passed passed = run_pass(merge_equal, R"(
input %0 "x" : int[-4,4][1,2]
const %1 : int[0,1][1,2] = [0,1]
const %2 : int[0,1][1,2] = [0,1]
const %3 : int[0,0][1] = [0]
const %4 : int[1,1][1,2] = [1,1]
%5 = thresholds(%0, %1, %3, %4) {axis=1, codes=int[0,2]} : int[0,2][1,2] from "Quant_a"
%6 = thresholds(%0, %2, %3, %4) {axis=1, codes=int[0,2]} : int[0,2][1,2] from "Quant_b"
%7 = dequantize(%5) {scale=1, zero=0} : f32[1,2]
%8 = dequantize(%6) {scale=2, zero=0} : f32[1,2]
output %7 %8)");
  ASSERT_EQ(nodes_of<Thresholds>(passed.graph).size(), 1U);
  EXPECT_EQ(passed.graph.node(nodes_of<Thresholds>(passed.graph)[0]).origin, (Origin{"Quant_a", "Quant_b"}));
}

TEST(MergeEqual, WhatFollowsEqualNodesIsEqualToo) {
  const Passed passed = run_pass(merge_equal, R"(
input %0 "x" : f32[2]
%1 = unary(%0) {function=abs, alpha=0, beta=0} : f32[2]
%2 = unary(%0) {function=abs, alpha=0, beta=0} : f32[2]
%3 = unary(%1) {function=neg, alpha=0, beta=0} : f32[2]
%4 = unary(%2) {function=neg, alpha=0, beta=0} : f32[2]
%5 = binary(%3, %4) {function=add} : f32[2]
output %5)");
  EXPECT_EQ(nodes_of<Unary>(passed.graph).size(), 2U);
}

TEST(MergeEqual, DifferentParametersStayApart) {
  EXPECT_FALSE(run_pass(merge_equal, R"(
input %0 "x" : f32[2]
const %1 : f32[2] = [1,2]
const %2 : f32[2] = [1,3]
const %3 : f32[2,1] = [1,2]
%4 = binary(%0, %1) {function=add} : f32[2]
%5 = binary(%0, %2) {function=add} : f32[2]
%6 = binary(%1, %0) {function=add} : f32[2]
%7 = binary(%0, %3) {function=add} : f32[2,2]
%8 = unary(%0) {function=leaky_relu, alpha=0.1, beta=0} : f32[2]
%9 = unary(%0) {function=leaky_relu, alpha=0.2, beta=0} : f32[2]
output %4 %5 %6 %7 %8 %9)")
                   .changed);
}

}  // namespace
}  // namespace finnr
