// SPDX-License-Identifier: Apache-2.0
#include "finnr/passes/renames.h"

#include "finnr/passes/same_numbers_for_test.h"

namespace finnr {
namespace {

TEST(SimplifyRenames, TransposeThatMovesNothing) {
  const Passed passed = run_pass(simplify_renames, R"(
input %0 "x" : f32[1,3,1]
%1 "y" = transpose(%0) {perm=[2,0,1]} : f32[1,1,3] from "Transpose_0"
%2 = unary(%1) {function=neg, alpha=0, beta=0} : f32[1,1,3]
output %2)");
  EXPECT_TRUE(nodes_of<Transpose>(passed.graph).empty());
  ASSERT_EQ(nodes_of<Reshape>(passed.graph).size(), 1U);
  const Node& reshape = passed.graph.node(nodes_of<Reshape>(passed.graph)[0]);
  EXPECT_EQ(reshape.origin, Origin{"Transpose_0"});
  EXPECT_EQ(passed.graph.value(reshape.outputs[0]).name, "y");
}

TEST(SimplifyRenames, ChainsOfReshapesBecomeOne) {
  const Passed passed = run_pass(simplify_renames, R"(
input %0 "x" : f32[2,3]
%1 = reshape(%0) {shape=[6]} : f32[6] from "Flatten"
%2 = reshape(%1) {shape=[1,6]} : f32[1,6] from "Unsqueeze"
%3 = reshape(%2) {shape=[3,2]} : f32[3,2] from "Reshape"
output %3)");
  ASSERT_EQ(passed.graph.order().size(), 1U);
  const Node& only = passed.graph.node(passed.graph.order()[0]);
  EXPECT_EQ(std::get<Reshape>(only.op).shape, (Shape{3, 2}));
  EXPECT_EQ(only.inputs[0], passed.graph.inputs()[0]);
  EXPECT_EQ(only.origin, (Origin{"Flatten", "Unsqueeze", "Reshape"}));
}

TEST(SimplifyRenames, ThereAndBackIsNothing) {
  const Passed passed = run_pass(simplify_renames, R"(
input %0 "x" : f32[2,3]
%1 = reshape(%0) {shape=[2,3,1]} : f32[2,3,1] from "Unsqueeze"
%2 = transpose(%1) {perm=[2,0,1]} : f32[1,2,3] from "Transpose"
%3 = reshape(%2) {shape=[2,3]} : f32[2,3] from "Squeeze"
output %3)");
  EXPECT_TRUE(passed.graph.order().empty());
  EXPECT_EQ(passed.graph.outputs()[0], passed.graph.inputs()[0]);
}

TEST(SimplifyRenames, WhatMovesDataStays) {
  EXPECT_FALSE(run_pass(simplify_renames, R"(
input %0 "x" : f32[2,3]
%1 = transpose(%0) {perm=[1,0]} : f32[3,2]
%2 = reshape(%1) {shape=[2,3]} : f32[2,3]
output %2)")
                   .changed);
}

TEST(KeepsOrder, OnlyAxesOfSizeOneMayMove) {
  EXPECT_TRUE(keeps_order({{1, 0}}, {1, 5}));
  EXPECT_TRUE(keeps_order({{0, 1}}, {4, 5}));
  EXPECT_TRUE(keeps_order({{2, 0, 3, 1}}, {4, 5, 1, 1}));
  EXPECT_FALSE(keeps_order({{2, 1, 3, 0}}, {4, 5, 1, 1}));
  EXPECT_FALSE(keeps_order({{1, 0}}, {2, 2}));
}

}  // namespace
}  // namespace finnr
