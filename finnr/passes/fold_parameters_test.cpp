// SPDX-License-Identifier: Apache-2.0
#include "finnr/passes/same_numbers_for_test.h"

namespace finnr {
namespace {

TEST(FoldParameters, WeightsOfAFloatProductKeepTheirScale) {
  EXPECT_FALSE(run_pass(fold_parameters, R"(
input %0 "x" : f32[1,2]
const %1 : int[-4,3][2,2] = [1,2,3,-4]
const %2 : f32[] = [3]
%3 = dequantize(%1) {scale=0.5, zero=0} : f32[2,2]
%4 = binary(%3, %2) {function=mul} : f32[2,2]
%5 = transpose(%4) {perm=[1,0]} : f32[2,2]
%6 = matmul(%0, %5) : f32[1,2]
output %6)")
                   .changed);
}

TEST(FoldParameters, QuantizedBiasBecomesFloat) {
  const Passed passed = run_pass(fold_parameters, R"(
input %0 "x" : f32[1,2]
const %1 : int[-8,7][2] = [-3,5]
%2 = dequantize(%1) {scale=0.25, zero=1} : f32[2] from "Quant_b"
%3 = reshape(%2) {shape=[1,2]} : f32[1,2]
%4 = binary(%0, %3) {function=add} : f32[1,2] from "Add"
output %4)");
  EXPECT_TRUE(passed.changed);
  ASSERT_EQ(passed.graph.order().size(), 1U);
  EXPECT_EQ(*passed.graph.value(passed.graph.node(passed.graph.order()[0]).inputs[1]).constant, Tensor({1, 2}, Tensor::Floats{-1, 1}));
}

}  // namespace
}  // namespace finnr
