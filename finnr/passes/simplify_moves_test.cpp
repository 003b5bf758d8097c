// SPDX-License-Identifier: Apache-2.0
#include "finnr/passes/same_numbers_for_test.h"

namespace finnr {
namespace {

TEST(SimplifyMoves, WhatDoesNothingGoes) {
  const Passed passed = run_pass(simplify_moves, R"(
input %0 "x" : f32[1,2,3]
%1 = take(%0) {axis=1, indices=[0,1]} : f32[1,2,3]
%2 = transpose(%1) {perm=[0,1,2]} : f32[1,2,3]
%3 = pad(%2) {begin=[0,0,0], end=[0,0,0], value=7, code=0} : f32[1,2,3]
%4 = pool(%3) {kind=max, kernel=[1], stride=[1], dilation=[3], begin=[0], end=[0], fill=0} : f32[1,2,3]
%5 = unary(%4) {function=relu, alpha=0, beta=0} : f32[1,2,3]
output %5)");
  EXPECT_EQ(passed.graph.order().size(), 1U);
}

TEST(SimplifyMoves, TwoMovesThatUndoEachOtherGo) {
  const Passed passed = run_pass(simplify_moves, R"(
input %0 "x" : f32[1,2,3]
%1 = take(%0) {axis=2, indices=[2,1,0]} : f32[1,2,3]
%2 = take(%1) {axis=2, indices=[2,1,0]} : f32[1,2,3]
%3 = transpose(%2) {perm=[2,0,1]} : f32[3,1,2]
%4 = transpose(%3) {perm=[1,2,0]} : f32[1,2,3]
%5 = unary(%4) {function=relu, alpha=0, beta=0} : f32[1,2,3]
output %5)");
  EXPECT_EQ(passed.graph.order().size(), 1U);
}

TEST(SimplifyMoves, AConvolutionTakesItsPadding) {
  const Passed passed = run_pass(simplify_moves, R"(
input %0 "x" : int[0,3][1,1,3]
%1 = pad(%0) {begin=[0,0,2], end=[0,0,1], value=0, code=3} : int[0,3][1,1,6]
const %2 : int[-1,2][1,1,2] = [2,-1]
%3 = conv(%1, %2) {stride=[2], dilation=[1], begin=[0], end=[1], spacing=[1], groups=1, fill=3} : int[-3,6][1,1,3]
output %3)");
  ASSERT_EQ(nodes_of<Conv>(passed.graph).size(), 1U);
  EXPECT_TRUE(nodes_of<Pad>(passed.graph).empty());
  const auto& conv = std::get<Conv>(passed.graph.node(nodes_of<Conv>(passed.graph)[0]).op);
  EXPECT_EQ(conv.begin, (Shape{2}));
  EXPECT_EQ(conv.end, (Shape{2}));
}

TEST(SimplifyMoves, OtherPaddingStays) {
  EXPECT_FALSE(run_pass(simplify_moves, R"(
input %0 "x" : int[0,3][1,1,3]
%1 = pad(%0) {begin=[0,0,2], end=[0,0,1], value=0, code=3} : int[0,3][1,1,6]
const %2 : int[-1,2][1,1,2] = [2,-1]
%3 = conv(%1, %2) {stride=[2], dilation=[1], begin=[0], end=[1], spacing=[1], groups=1, fill=0} : int[-3,6][1,1,3]
output %3)")
                   .changed);
}

}  // namespace
}  // namespace finnr
