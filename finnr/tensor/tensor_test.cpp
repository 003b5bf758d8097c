// SPDX-License-Identifier: Apache-2.0
#include "finnr/tensor/tensor.h"

#include <gtest/gtest.h>

#include <limits>

namespace finnr {
namespace {

constexpr std::int64_t kLeast = std::numeric_limits<std::int64_t>::min();
constexpr std::int64_t kMost = std::numeric_limits<std::int64_t>::max();

TEST(Shape, Counts) {
  EXPECT_EQ(checked_count({}), 1);
  EXPECT_EQ(checked_count({2, 3, 4}), 24);
  EXPECT_EQ(checked_count({2, 0}), 0);
  EXPECT_EQ(checked_count({-1, 0}), std::nullopt);
  EXPECT_EQ(checked_count({kMaxElements}), kMaxElements);
  EXPECT_EQ(checked_count({kMaxElements, 2}), std::nullopt);
  EXPECT_EQ(checked_count({kMost, kMost, kMost}), std::nullopt);
  EXPECT_EQ(checked_count({0, kMost, kMost}), std::nullopt);
  EXPECT_EQ(count({5, 5}), 25);
}

TEST(Shape, StridesAndText) {
  EXPECT_EQ(strides({2, 3, 4}), (std::vector<std::int64_t>{12, 4, 1}));
  EXPECT_TRUE(strides({}).empty());
  EXPECT_EQ(to_text(Shape{1, 784}), "[1,784]");
  EXPECT_EQ(to_text(Shape{}), "[]");
}

TEST(Shape, Broadcasts) {
  EXPECT_EQ(broadcast({2, 1, 4}, {3, 1}), (Shape{2, 3, 4}));
  EXPECT_EQ(broadcast({}, {2}), Shape{2});
  EXPECT_EQ(broadcast({0}, {1}), Shape{0});
  EXPECT_EQ(broadcast({2}, {3}), std::nullopt);
  EXPECT_EQ(broadcast({0}, {3}), std::nullopt);
}

TEST(Shape, NormalAxes) {
  EXPECT_EQ(normal_axis(-1, 3), 2);
  EXPECT_EQ(normal_axis(0, 3), 0);
  EXPECT_EQ(normal_axis(3, 3), std::nullopt);
  EXPECT_EQ(normal_axis(-4, 3), std::nullopt);
  EXPECT_EQ(normal_axis(0, 0), std::nullopt);
}

TEST(IntType, OfBits) {
  EXPECT_EQ(IntType::of_bits(8, true), (IntType{-128, 127, false}));
  EXPECT_EQ(IntType::of_bits(8, false), (IntType{0, 255, false}));
  EXPECT_EQ(IntType::of_bits(1, true), (IntType{-1, 0, false}));
  EXPECT_EQ(IntType::of_bits(1, false), (IntType{0, 1, false}));
  EXPECT_EQ(IntType::of_bits(64, true), (IntType{kLeast, kMost, false}));
  EXPECT_EQ(IntType::of_bits(63, false), (IntType{0, kMost, false}));
}

TEST(IntType, Bits) {
  for (int bits = 1; bits <= 63; ++bits) {
    EXPECT_EQ(IntType::of_bits(bits, true).bits(), bits);
    EXPECT_EQ(IntType::of_bits(bits, false).bits(), bits);
  }
  EXPECT_EQ(IntType::of_bits(64, true).bits(), 64);
  EXPECT_EQ(IntType::bipolar_type().bits(), 1);
  EXPECT_EQ((IntType{-1, 1, false}.bits()), 2);
  EXPECT_EQ((IntType{-9, -9, false}.bits()), 5);
  EXPECT_EQ((IntType{-8, 8, false}.bits()), 5);
  EXPECT_EQ((IntType{0, 0, false}.bits()), 1);
  EXPECT_EQ((IntType{5, 5, false}.bits()), 3);
}

TEST(IntType, Wraps) {
  const IntType int8 = IntType::of_bits(8, true);
  const IntType uint8 = IntType::of_bits(8, false);
  EXPECT_EQ(int8.wrap(128), -128);
  EXPECT_EQ(int8.wrap(-129), 127);
  EXPECT_EQ(int8.wrap(100), 100);
  EXPECT_EQ(uint8.wrap(-1), 255);
  EXPECT_EQ(uint8.wrap(256), 0);
  EXPECT_EQ(uint8.wrap(kLeast), 0);
  EXPECT_EQ(IntType::of_bits(64, true).wrap(kLeast), kLeast);
  EXPECT_EQ((IntType{-3, 3, false}.wrap(4)), -3);
  EXPECT_EQ((IntType{-3, 3, false}.wrap(-4)), 3);
  EXPECT_EQ((IntType{-3, 3, false}.wrap(-11)), 3);
  EXPECT_EQ((IntType{1, kMost, false}.wrap(0)), kMost);
  EXPECT_EQ(IntType::bipolar_type().wrap(7), 1);
  EXPECT_EQ(IntType::bipolar_type().wrap(-2), -1);
}

TEST(IntType, UnitesAndCounts) {
  const IntType bipolar = IntType::bipolar_type();
  EXPECT_EQ(unite({0, 3, false}, {-2, 1, false}), (IntType{-2, 3, false}));
  EXPECT_EQ(unite(bipolar, bipolar), bipolar);
  EXPECT_EQ(unite(bipolar, {1, 1, false}), bipolar);
  EXPECT_EQ(unite(bipolar, {0, 0, false}), (IntType{-1, 1, false}));
  EXPECT_EQ(unite({1, 1, false}, {1, 1, false}), (IntType{1, 1, false}));
  EXPECT_EQ(bipolar.codes(), 2U);
  EXPECT_FALSE(bipolar.contains(0));
  EXPECT_EQ(IntType::of_bits(64, true).codes(), 0U);
  EXPECT_EQ(to_text(IntType{-8, 7, false}), "int[-8,7]");
  EXPECT_EQ(to_text(bipolar), "bipolar");
}

TEST(Tensor, HoldsEitherKind) {
  EXPECT_EQ(Tensor(), Tensor::scalar(0.0F));
  const Tensor floats({2, 2}, Tensor::Floats{1, 2, 3, 4});
  EXPECT_EQ(floats.size(), 4);
  EXPECT_TRUE(floats.is_float());
  EXPECT_EQ(floats.reshaped({4}), Tensor({4}, Tensor::Floats{1, 2, 3, 4}));
  const Tensor ints = Tensor::zeros({3}, false);
  EXPECT_EQ(ints, Tensor({3}, Tensor::Ints{0, 0, 0}));
  EXPECT_NE(ints, Tensor::zeros({3}, true));
  EXPECT_NE(ints, Tensor::zeros({3, 1}, false));
}

TEST(Tensor, ComparesNumbers) {
  const float nan = std::numeric_limits<float>::quiet_NaN();
  EXPECT_EQ(Tensor::scalar(nan), Tensor::scalar(nan));
  EXPECT_EQ(Tensor::scalar(-0.0F), Tensor::scalar(0.0F));
  EXPECT_NE(Tensor::scalar(nan), Tensor::scalar(0.0F));
}

TEST(Tensor, Converts) {
  const Tensor floats({3}, Tensor::Floats{-2, -0.0F, 7});
  EXPECT_TRUE(is_integral(floats, 7));
  EXPECT_FALSE(is_integral(floats, 6));
  EXPECT_EQ(as_ints(floats), (Tensor::Ints{-2, 0, 7}));
  EXPECT_FALSE(is_integral(Tensor::scalar(0.5F), 7));
  EXPECT_FALSE(is_integral(Tensor::scalar(std::numeric_limits<float>::infinity()), kMost));
  EXPECT_FALSE(is_integral(Tensor::scalar(std::numeric_limits<float>::quiet_NaN()), kMost));
  EXPECT_FALSE(is_integral(Tensor::scalar(0x1p63F), kMost));
  EXPECT_TRUE(is_integral(Tensor::scalar(std::int64_t{7}), 7));
  EXPECT_FALSE(is_integral(Tensor::scalar(kLeast), kMost));
  EXPECT_EQ(as_floats(Tensor::scalar(std::int64_t{16777219})), Tensor::Floats{16777220});
}

TEST(TensorDeath, RefusesWhatDoesNotFit) {
  EXPECT_DEATH(Tensor({3}, Tensor::Floats{1, 2}), "shape");
  EXPECT_DEATH((void)Tensor::scalar(1.0F).ints(), "float");
}

}  // namespace
}  // namespace finnr
