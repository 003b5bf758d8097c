// SPDX-License-Identifier: Apache-2.0
#include "finnr/tensor/arrange.h"

#include <gtest/gtest.h>

#include <array>
#include <numeric>

namespace finnr {
namespace {

Tensor numbered(const Shape& shape) {
  Tensor tensor = Tensor::zeros(shape, false);
  std::iota(tensor.ints().begin(), tensor.ints().end(), 0);
  return tensor;
}

TEST(Transpose, Matrix) {
  EXPECT_EQ(transpose(numbered({2, 3}), std::array{1, 0}), Tensor({3, 2}, Tensor::Ints{0, 3, 1, 4, 2, 5}));
  EXPECT_EQ(transpose(Tensor({1, 2}, Tensor::Floats{1, 2}), std::array{1, 0}), Tensor({2, 1}, Tensor::Floats{1, 2}));
}

TEST(Transpose, ThreeAxesElementByElement) {
  const Tensor from = numbered({2, 3, 4});
  const Tensor to = transpose(from, std::array{2, 0, 1});
  ASSERT_EQ(to.shape(), (Shape{4, 2, 3}));
  for (std::size_t i = 0; i < 2; ++i) {
    for (std::size_t j = 0; j < 3; ++j) {
      for (std::size_t k = 0; k < 4; ++k) EXPECT_EQ(to.ints()[(k * 2 + i) * 3 + j], from.ints()[(i * 3 + j) * 4 + k]);
    }
  }
  EXPECT_EQ(transpose(to, std::array{1, 2, 0}), from);
}

TEST(Transpose, ScalarAndEmpty) {
  EXPECT_EQ(transpose(Tensor::scalar(3.0F), std::span<const int>()), Tensor::scalar(3.0F));
  EXPECT_EQ(transpose(numbered({2, 0, 3}), std::array{2, 1, 0}).shape(), (Shape{3, 0, 2}));
}

TEST(BroadcastTo, StretchesAndPrepends) {
  EXPECT_EQ(broadcast_to(numbered({2, 1}), {2, 2, 3}), Tensor({2, 2, 3}, Tensor::Ints{0, 0, 0, 1, 1, 1, 0, 0, 0, 1, 1, 1}));
  EXPECT_EQ(broadcast_to(Tensor::scalar(2.0F), {3}), Tensor({3}, Tensor::Floats{2, 2, 2}));
  EXPECT_EQ(broadcast_to(numbered({3}), {0, 3}).size(), 0);
}

TEST(Gather, AlongAnyAxis) {
  const Tensor from = numbered({2, 3});
  const Tensor indices({2}, Tensor::Ints{-1, 0});
  EXPECT_EQ(gather(from, indices, 0), Tensor({2, 3}, Tensor::Ints{3, 4, 5, 0, 1, 2}));
  EXPECT_EQ(gather(from, indices, 1), Tensor({2, 2}, Tensor::Ints{2, 0, 5, 3}));
  EXPECT_EQ(gather(from, Tensor::scalar(std::int64_t{1}), 1), Tensor({2}, Tensor::Ints{1, 4}));
}

TEST(Concat, AlongAnyAxis) {
  const Tensor a = numbered({2, 1});
  const Tensor b = numbered({2, 2});
  const std::array<const Tensor*, 2> columns = {&a, &b};
  EXPECT_EQ(concat(columns, 1), Tensor({2, 3}, Tensor::Ints{0, 0, 1, 1, 2, 3}));
  const std::array<const Tensor*, 2> rows = {&b, &b};
  EXPECT_EQ(concat(rows, 0), Tensor({4, 2}, Tensor::Ints{0, 1, 2, 3, 0, 1, 2, 3}));
}

TEST(Slice, ForwardAndBackward) {
  EXPECT_EQ(slice(numbered({2, 4}), 1, 1, 2, 2), Tensor({2, 2}, Tensor::Ints{1, 3, 5, 7}));
  EXPECT_EQ(slice(numbered({4}), 0, 3, -1, 4), Tensor({4}, Tensor::Ints{3, 2, 1, 0}));
  EXPECT_EQ(slice(numbered({3, 2}), 0, 2, 1, 0).shape(), (Shape{0, 2}));
}

}  // namespace
}  // namespace finnr
