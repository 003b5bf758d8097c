// SPDX-License-Identifier: Apache-2.0
#include <gtest/gtest.h>

#include <limits>

#include "finnr/base/rng.h"
#include "finnr/emulate/reference.h"

namespace finnr {
namespace {

using Floats = Tensor::Floats;
using Ints = Tensor::Ints;

std::vector<Tensor> results_of(const Op& op, const std::vector<Tensor>& inputs, std::span<const ElementType> types = {}) {
  std::vector<const Tensor*> pointers;
  for (const Tensor& input : inputs) pointers.push_back(&input);
  return evaluate(op, pointers, types);
}

Tensor result_of(const Op& op, const std::vector<Tensor>& inputs, std::span<const ElementType> types = {}) {
  return results_of(op, inputs, types).at(0);
}

TEST(Evaluate, QuantizePerChannel) {
  Quantize op;
  op.codes = IntType::of_bits(4, true);
  op.scale = {{0.5F, 2.0F}, 0};
  op.zero = {{0.0F, 1.0F}, 1};
  EXPECT_EQ(result_of(op, {Tensor({2, 2}, Floats{1, 1, 8, -40})}), Tensor({2, 2}, Ints{2, 3, 4, -8}));
}

TEST(Evaluate, DequantizePerChannel) {
  const Dequantize op{{{0.5, 2.0}, 1}, {{1}, 0}};
  EXPECT_EQ(result_of(op, {Tensor({2, 2}, Ints{1, 2, 3, -3})}), Tensor({2, 2}, Floats{0, 2, 1, -8}));
}

TEST(Evaluate, CountThresholds) {
  const Tensor x({1, 2, 2}, Floats{0, 1, 2, std::numeric_limits<float>::quiet_NaN()});
  const CountThresholds count{1, 1, -1, false};
  EXPECT_EQ(result_of(count, {x, Tensor({2, 2}, Floats{0, 1, 2, -5})}), Tensor({1, 2, 2}, Ints{0, 1, 1, -1}));
  EXPECT_EQ(result_of(count, {x, Tensor({1, 2}, Floats{1, 2})}), Tensor({1, 2, 2}, Ints{-1, 0, 1, -1}));
  const CountThresholds bipolar{1, 2, -1, true};
  EXPECT_EQ(result_of(bipolar, {x, Tensor({1, 1}, Floats{1})}), Tensor({1, 2, 2}, Ints{-1, 1, 1, -1}));
}

TEST(Evaluate, Thresholds) {
  const Tensor x({2, 2}, Ints{-5, 0, 3, 9});
  const Tensor thresholds({2, 2}, Ints{-5, 1, 3, 9});
  const Tensor base({2}, Ints{0, 1});
  const Tensor signs({2, 2}, Ints{1, 1, 1, -1});
  EXPECT_EQ(result_of(Thresholds{1, IntType::of_bits(2, false)}, {x, thresholds, base, signs}), Tensor({2, 2}, Ints{1, 1, 2, 1}));
  const std::vector<Tensor> shared = {x, Tensor({1, 1}, Ints{1}), Tensor({1}, Ints{0}), Tensor({1, 1}, Ints{1})};
  EXPECT_EQ(result_of(Thresholds{0, IntType::bipolar_type()}, shared), Tensor({2, 2}, Ints{-1, -1, 1, 1}));
}

TEST(Evaluate, MatMulShapes) {
  const Tensor matrix({2, 3}, Ints{1, 2, 3, 4, 5, 6});
  const Tensor vector({3}, Ints{1, 0, -1});
  EXPECT_EQ(result_of(MatMul{}, {matrix, vector}), Tensor({2}, Ints{-2, -2}));
  EXPECT_EQ(result_of(MatMul{}, {Tensor({2}, Ints{1, -1}), matrix}), Tensor({3}, Ints{-3, -3, -3}));
  EXPECT_EQ(result_of(MatMul{}, {vector, vector}), Tensor::scalar(std::int64_t{2}));
  const Tensor batch({2, 1, 1, 3}, Ints{1, 0, 0, 0, 1, 0});
  const Tensor weights({2, 3, 1}, Ints{1, 2, 3, 4, 5, 6});
  EXPECT_EQ(result_of(MatMul{}, {batch, weights}), Tensor({2, 2, 1, 1}, Ints{1, 4, 2, 5}));
  EXPECT_EQ(result_of(MatMul{}, {batch, vector}), Tensor({2, 1, 1}, Ints{1, 0}));
  EXPECT_EQ(result_of(MatMul{}, {Tensor({2, 0}, Ints{}), Tensor({0, 2}, Ints{})}), Tensor({2, 2}, Ints{0, 0, 0, 0}));
}

TEST(Evaluate, MatMulByDefinition) {
  Rng rng(1);
  Tensor a = Tensor::zeros({3, 5, 7}, true);
  Tensor b = Tensor::zeros({7, 4}, true);
  for (float& x : a.floats()) x = static_cast<float>(rng.unit());
  for (float& x : b.floats()) x = static_cast<float>(rng.unit());
  const Tensor c = result_of(MatMul{}, {a, b});
  for (std::size_t i = 0; i < 15; ++i) {
    for (std::size_t j = 0; j < 4; ++j) {
      double sum = 0;
      for (std::size_t k = 0; k < 7; ++k) sum += static_cast<double>(a.floats()[i * 7 + k]) * static_cast<double>(b.floats()[k * 4 + j]);
      EXPECT_EQ(c.floats()[i * 4 + j], static_cast<float>(sum));
    }
  }
}

TEST(Evaluate, BinaryBroadcasts) {
  const Tensor column({2, 1}, Floats{1, 2});
  const Tensor row({3}, Floats{10, 20, 30});
  EXPECT_EQ(result_of(Binary{BinaryFunction::kAdd}, {column, row}), Tensor({2, 3}, Floats{11, 21, 31, 12, 22, 32}));
  EXPECT_EQ(result_of(Binary{BinaryFunction::kSub}, {row, Tensor::scalar(1.0F)}), Tensor({3}, Floats{9, 19, 29}));
}

TEST(Evaluate, BinaryWrapsIntegers) {
  const Tensor a({2}, Ints{100, -100});
  const std::vector<ElementType> int8 = {ElementType::integer(IntType::of_bits(8, true))};
  EXPECT_EQ(result_of(Binary{BinaryFunction::kAdd}, {a, a}, int8), Tensor({2}, Ints{-56, 56}));
  EXPECT_EQ(result_of(Binary{BinaryFunction::kAdd}, {a, a}), Tensor({2}, Ints{200, -200}));
}

TEST(Evaluate, UnaryReshapeTranspose) {
  const Tensor x({2, 2}, Floats{-1, 2, 3, -4});
  EXPECT_EQ(result_of(Unary{UnaryFunction::kClip, 0, 2.5F}, {x}), Tensor({2, 2}, Floats{0, 2, 2.5F, 0}));
  EXPECT_EQ(result_of(Reshape{{4, 1}}, {x}), Tensor({4, 1}, Floats{-1, 2, 3, -4}));
  EXPECT_EQ(result_of(Transpose{{1, 0}}, {x}), Tensor({2, 2}, Floats{-1, 3, 2, -4}));
}

TEST(Evaluate, Softmax) {
  const Tensor x({2, 2}, Floats{0, 0, 1000, 0});
  EXPECT_EQ(result_of(Softmax{1, 2, false}, {x}), Tensor({2, 2}, Floats{0.5F, 0.5F, 1, 0}));
  EXPECT_EQ(result_of(Softmax{1, 2, true}, {x}), Tensor({2, 2}, Floats{-0.693147181F, -0.693147181F, 0, -1000}));
  EXPECT_EQ(result_of(Softmax{0, 1, false}, {x}), Tensor({2, 2}, Floats{0, 0.5F, 1, 0.5F}));
  EXPECT_EQ(result_of(Softmax{0, 2, false}, {Tensor({2, 2}, Floats(4, 7))}), Tensor({2, 2}, Floats(4, 0.25F)));
}

TEST(Evaluate, ArgMax) {
  const Tensor x({2, 3}, Floats{1, 5, 5, 7, 7, 2});
  EXPECT_EQ(result_of(ArgMax{1, true, false}, {x}), Tensor({2, 1}, Ints{1, 0}));
  EXPECT_EQ(result_of(ArgMax{1, false, true}, {x}), Tensor({2}, Ints{2, 1}));
  EXPECT_EQ(result_of(ArgMax{0, false, false}, {x}), Tensor({3}, Ints{1, 1, 0}));
  EXPECT_EQ(result_of(ArgMax{0, false, false}, {Tensor({2}, Ints{-3, -2})}), Tensor::scalar(std::int64_t{1}));
}

TEST(Evaluate, TopK) {
  const Tensor x({2, 4}, Floats{1, 3, 3, 2, 9, 8, 7, 9});
  const std::vector<Tensor> largest = results_of(TopK{3, 1, true}, {x});
  EXPECT_EQ(largest.at(0), Tensor({2, 3}, Floats{3, 3, 2, 9, 9, 8}));
  EXPECT_EQ(largest.at(1), Tensor({2, 3}, Ints{1, 2, 3, 0, 3, 1}));
  const std::vector<Tensor> smallest = results_of(TopK{1, 0, false}, {x});
  EXPECT_EQ(smallest.at(0), Tensor({1, 4}, Floats{1, 3, 3, 2}));
  EXPECT_EQ(smallest.at(1), Tensor({1, 4}, Ints{0, 0, 0, 0}));
  const float nan = std::numeric_limits<float>::quiet_NaN();
  EXPECT_EQ(results_of(TopK{2, 0, true}, {Tensor({3}, Floats{1, nan, 2})}).at(1), Tensor({2}, Ints{1, 2}));
}

}  // namespace
}  // namespace finnr
