// SPDX-License-Identifier: Apache-2.0
#include "finnr/tensor/scalar.h"

#include <gtest/gtest.h>

#include <array>
#include <bit>
#include <cmath>
#include <cstdlib>
#include <limits>
#include <string>
#include <utility>
#include <vector>

#include "finnr/base/rng.h"

namespace finnr {
namespace {

constexpr float kInfinity = std::numeric_limits<float>::infinity();
constexpr float kNaN = std::numeric_limits<float>::quiet_NaN();

constexpr std::array kAllRoundings = {Rounding::kHalfEven, Rounding::kCeil,   Rounding::kFloor,   Rounding::kUp,
                                      Rounding::kDown,     Rounding::kHalfUp, Rounding::kHalfDown};
constexpr std::array kAllStyles = {QuantizeStyle::kQonnx, QuantizeStyle::kBipolar, QuantizeStyle::kOnnx};

std::vector<UnaryFunction> all_unaries() {
  std::vector<UnaryFunction> all;
  for (int i = 0; i <= static_cast<int>(UnaryFunction::kThresholdedRelu); ++i) all.push_back(static_cast<UnaryFunction>(i));
  return all;
}

std::vector<BinaryFunction> all_binaries() {
  std::vector<BinaryFunction> all;
  for (int i = 0; i <= static_cast<int>(BinaryFunction::kPrelu); ++i) all.push_back(static_cast<BinaryFunction>(i));
  return all;
}

TEST(Rounding, FollowsTheTable) {
  const std::array inputs = {5.5F, 2.5F, 1.6F, 1.1F, -1.1F, -1.6F, -2.5F, -5.5F};
  const auto expect = [&](Rounding rounding, std::array<float, 8> expected) {
    for (std::size_t i = 0; i < inputs.size(); ++i) {
      EXPECT_EQ(round_to_integer(rounding, inputs[i]), expected[i]) << to_text(rounding) << " of " << inputs[i];
    }
  };
  expect(Rounding::kHalfEven, {6, 2, 2, 1, -1, -2, -2, -6});
  expect(Rounding::kCeil, {6, 3, 2, 2, -1, -1, -2, -5});
  expect(Rounding::kFloor, {5, 2, 1, 1, -2, -2, -3, -6});
  expect(Rounding::kUp, {6, 3, 2, 2, -2, -2, -3, -6});
  expect(Rounding::kDown, {5, 2, 1, 1, -1, -1, -2, -5});
  expect(Rounding::kHalfUp, {6, 3, 2, 1, -1, -2, -3, -6});
  expect(Rounding::kHalfDown, {5, 2, 2, 1, -1, -2, -2, -5});
}

TEST(Rounding, HalfUpAddsInFloat32) {
  EXPECT_EQ(round_to_integer(Rounding::kHalfUp, 0.49999997F), 1);
  EXPECT_EQ(round_to_integer(Rounding::kHalfUp, -0.49999997F), -1);
  EXPECT_EQ(round_to_integer(Rounding::kHalfEven, 0.49999997F), 0);
  EXPECT_EQ(round_to_integer(Rounding::kHalfUp, 8388609.0F), 8388610.0F);  // 2^23 + 1: the sum is a tie
}

TEST(Rounding, KeepsZerosIntegersAndNaN) {
  for (const Rounding rounding : kAllRoundings) {
    EXPECT_EQ(round_to_integer(rounding, 0.0F), 0.0F);
    EXPECT_EQ(round_to_integer(rounding, -0.0F), 0.0F);
    for (float x = -40; x <= 40; ++x) EXPECT_EQ(round_to_integer(rounding, x), x);
    EXPECT_TRUE(std::isnan(round_to_integer(rounding, kNaN)));
    EXPECT_EQ(round_to_integer(rounding, kInfinity), kInfinity);
    EXPECT_EQ(round_to_integer(rounding, -kInfinity), -kInfinity);
  }
}

TEST(Rounding, IsFoundByName) {
  for (const Rounding rounding : kAllRoundings) EXPECT_EQ(find_rounding(to_text(rounding)), rounding);
  EXPECT_EQ(find_rounding("ROUND"), Rounding::kHalfEven);
  EXPECT_EQ(find_rounding("Half_Up"), Rounding::kHalfUp);
  EXPECT_EQ(find_rounding("ROUND_TO_ZERO"), Rounding::kDown);
  EXPECT_EQ(find_rounding("DPU"), std::nullopt);
  EXPECT_EQ(find_rounding(""), std::nullopt);
}

TEST(Names, GoBothWays) {
  for (const UnaryFunction function : all_unaries()) {
    EXPECT_EQ(unary_info(function).function, function);
    EXPECT_EQ(find_unary(unary_info(function).name), function);
  }
  for (const BinaryFunction function : all_binaries()) EXPECT_EQ(find_binary(to_text(function)), function);
  for (const QuantizeStyle style : kAllStyles) EXPECT_EQ(find_quantize_style(to_text(style)), style);
  EXPECT_EQ(find_unary("nothing"), std::nullopt);
  EXPECT_EQ(find_binary("nothing"), std::nullopt);
  EXPECT_EQ(find_quantize_style("nothing"), std::nullopt);
}

TEST(Unary, Values) {
  const auto f = [](UnaryFunction function, float x, float alpha = 0, float beta = 0) { return apply(function, x, alpha, beta); };
  EXPECT_EQ(f(UnaryFunction::kRelu, -2), 0);
  EXPECT_TRUE(std::isnan(f(UnaryFunction::kRelu, kNaN)));
  EXPECT_EQ(f(UnaryFunction::kLeakyRelu, -2, 0.25F), -0.5F);
  EXPECT_EQ(f(UnaryFunction::kClip, 5, -1, 2), 2);
  EXPECT_EQ(f(UnaryFunction::kClip, -5, -1, 2), -1);
  EXPECT_EQ(f(UnaryFunction::kClip, 0, 3, 2), 2);  // low above high: high wins
  EXPECT_TRUE(std::isnan(f(UnaryFunction::kClip, kNaN, -1, 2)));
  EXPECT_EQ(f(UnaryFunction::kSigmoid, 0), 0.5F);
  EXPECT_EQ(f(UnaryFunction::kSigmoid, -kInfinity), 0);
  EXPECT_EQ(f(UnaryFunction::kSigmoid, 1), static_cast<float>(0.7310585786300049));
  EXPECT_EQ(f(UnaryFunction::kTanh, 1), static_cast<float>(0.7615941559557649));
  EXPECT_EQ(f(UnaryFunction::kSign, -3), -1);
  EXPECT_EQ(f(UnaryFunction::kSign, -0.0F), 0);
  EXPECT_TRUE(std::isnan(f(UnaryFunction::kSign, kNaN)));
  EXPECT_EQ(f(UnaryFunction::kAbs, -3), 3);
  EXPECT_EQ(f(UnaryFunction::kNeg, -3), 3);
  EXPECT_EQ(f(UnaryFunction::kExp, 1), static_cast<float>(2.718281828459045));
  EXPECT_EQ(f(UnaryFunction::kLog, 1), 0);
  EXPECT_EQ(f(UnaryFunction::kSqrt, 2), 1.41421356F);
  EXPECT_EQ(f(UnaryFunction::kReciprocal, 3), 1.0F / 3);
  EXPECT_EQ(f(UnaryFunction::kFloor, -0.5F), -1);
  EXPECT_EQ(f(UnaryFunction::kCeil, 0.5F), 1);
  EXPECT_EQ(f(UnaryFunction::kRound, 2.5F), 2);
  EXPECT_EQ(f(UnaryFunction::kErf, 1), static_cast<float>(0.8427007929497149));
  EXPECT_EQ(f(UnaryFunction::kElu, -1, 2), static_cast<float>(2 * -0.6321205588285577));
  EXPECT_EQ(f(UnaryFunction::kElu, 3, 2), 3);
  EXPECT_EQ(f(UnaryFunction::kSelu, 2, 1.5F, 3), 6);
  EXPECT_EQ(f(UnaryFunction::kSelu, -1, 1.5F, 3), static_cast<float>(4.5 * -0.6321205588285577));
  EXPECT_EQ(f(UnaryFunction::kCelu, -2, 2), static_cast<float>(2 * -0.6321205588285577));
  EXPECT_EQ(f(UnaryFunction::kHardSigmoid, 1, 0.25F, 0.5F), 0.75F);
  EXPECT_EQ(f(UnaryFunction::kHardSigmoid, 9, 0.25F, 0.5F), 1);
  EXPECT_EQ(f(UnaryFunction::kHardSwish, 6), 6);
  EXPECT_EQ(f(UnaryFunction::kHardSwish, -4), 0);
  EXPECT_EQ(f(UnaryFunction::kSoftplus, 0), static_cast<float>(0.6931471805599453));
  EXPECT_EQ(f(UnaryFunction::kSoftplus, 1000), 1000);
  EXPECT_EQ(f(UnaryFunction::kSoftsign, -3), -0.75F);
  EXPECT_EQ(f(UnaryFunction::kMish, 1), static_cast<float>(0.8650983882673103));
  EXPECT_EQ(f(UnaryFunction::kGelu, 1, 0), static_cast<float>(0.8413447460685429));
  EXPECT_EQ(f(UnaryFunction::kGelu, 1, 1), static_cast<float>(0.8411919906082768));
  EXPECT_EQ(f(UnaryFunction::kSin, 0), 0);
  EXPECT_EQ(f(UnaryFunction::kCos, 0), 1);
  EXPECT_EQ(f(UnaryFunction::kThresholdedRelu, 1, 1), 0);
  EXPECT_EQ(f(UnaryFunction::kThresholdedRelu, 2, 1), 2);
}

TEST(Binary, FloatValues) {
  const auto f = [](BinaryFunction function, float a, float b) { return apply(function, a, b); };
  EXPECT_EQ(f(BinaryFunction::kAdd, 0.1F, 0.2F), 0.3F);
  EXPECT_EQ(f(BinaryFunction::kSub, 1, 3), -2);
  EXPECT_EQ(f(BinaryFunction::kMul, 0.1F, 3), 0.3F);
  EXPECT_EQ(f(BinaryFunction::kDiv, 1, 3), 1.0F / 3);
  EXPECT_EQ(f(BinaryFunction::kPow, 0.1F, 2), 0.1F * 0.1F);
  EXPECT_EQ(f(BinaryFunction::kMin, 1, 3), 1);
  EXPECT_EQ(f(BinaryFunction::kMax, 1, 3), 3);
  EXPECT_TRUE(std::isnan(f(BinaryFunction::kMin, 1, kNaN)));
  EXPECT_TRUE(std::isnan(f(BinaryFunction::kMax, kNaN, 1)));
  EXPECT_EQ(f(BinaryFunction::kMod, -7, 3), 2);
  EXPECT_EQ(f(BinaryFunction::kMod, 7, -3), -2);
  EXPECT_EQ(f(BinaryFunction::kMod, 5.5F, 2), 1.5F);
  EXPECT_EQ(f(BinaryFunction::kMod, -1, kInfinity), kInfinity);
  EXPECT_TRUE(std::signbit(f(BinaryFunction::kMod, 6, -3)));
  EXPECT_TRUE(std::isnan(f(BinaryFunction::kMod, 1, 0)));
  EXPECT_EQ(f(BinaryFunction::kFmod, -7, 3), -1);
  EXPECT_EQ(f(BinaryFunction::kFmod, 7, -3), 1);
  EXPECT_EQ(f(BinaryFunction::kFmod, 1, 0.1F), 0.099999985F);  // exact: 0.1F is more than a tenth
  EXPECT_EQ(f(BinaryFunction::kFmod, -1, kInfinity), -1);
  EXPECT_TRUE(std::signbit(f(BinaryFunction::kFmod, -0.0F, 3)));
  EXPECT_TRUE(std::isnan(f(BinaryFunction::kFmod, kInfinity, 3)));
  EXPECT_TRUE(std::isnan(f(BinaryFunction::kFmod, kNaN, 3)));
  EXPECT_EQ(f(BinaryFunction::kPrelu, -2, 0.5F), -1);
  EXPECT_EQ(f(BinaryFunction::kPrelu, 2, 0.5F), 2);
}

TEST(Binary, IntegerValues) {
  constexpr std::int64_t kLeast = std::numeric_limits<std::int64_t>::min();
  constexpr std::int64_t kMost = std::numeric_limits<std::int64_t>::max();
  const auto f = [](BinaryFunction function, std::int64_t a, std::int64_t b) { return apply(function, a, b); };
  EXPECT_EQ(f(BinaryFunction::kAdd, kMost, 1), kLeast);
  EXPECT_EQ(f(BinaryFunction::kSub, kLeast, 1), kMost);
  EXPECT_EQ(f(BinaryFunction::kMul, kMost, 2), -2);
  EXPECT_EQ(f(BinaryFunction::kDiv, -7, 2), -3);
  EXPECT_EQ(f(BinaryFunction::kDiv, 7, 0), 0);
  EXPECT_EQ(f(BinaryFunction::kDiv, kLeast, -1), kLeast);
  EXPECT_EQ(f(BinaryFunction::kPow, -3, 3), -27);
  EXPECT_EQ(f(BinaryFunction::kPow, 2, 64), 0);
  EXPECT_EQ(f(BinaryFunction::kPow, 2, -1), 0);
  EXPECT_EQ(f(BinaryFunction::kPow, -1, -3), -1);
  EXPECT_EQ(f(BinaryFunction::kMin, -1, 1), -1);
  EXPECT_EQ(f(BinaryFunction::kMax, -1, 1), 1);
  EXPECT_EQ(f(BinaryFunction::kMod, -7, 3), 2);
  EXPECT_EQ(f(BinaryFunction::kMod, 7, -3), -2);
  EXPECT_EQ(f(BinaryFunction::kMod, -6, 3), 0);
  EXPECT_EQ(f(BinaryFunction::kMod, 7, 0), 0);
  EXPECT_EQ(f(BinaryFunction::kMod, kLeast, -1), 0);
  EXPECT_EQ(f(BinaryFunction::kFmod, -7, 3), -1);
  EXPECT_EQ(f(BinaryFunction::kFmod, 7, -3), 1);
  EXPECT_EQ(f(BinaryFunction::kFmod, 7, 0), 0);
  EXPECT_EQ(f(BinaryFunction::kFmod, kLeast, -1), 0);
  EXPECT_EQ(f(BinaryFunction::kPrelu, -2, 3), -6);
}

/// Any float32 that is a number.
float random_float(Rng& rng) {
  while (true) {
    const float x = std::bit_cast<float>(static_cast<std::uint32_t>(rng.next()));
    if (std::isfinite(x)) return x;
  }
}

template <class F>
void expect_monotone(Monotone claimed, Rng& rng, const F& f, const std::string& what) {
  if (claimed == Monotone::kUnknown) return;
  for (int i = 0; i < 200; ++i) {
    float a = rng.chance(0.5) ? random_float(rng) : static_cast<float>(rng.between(-1000, 1000)) / 16;
    float b = rng.chance(0.3) ? std::nextafter(a, kInfinity) : rng.chance(0.5) ? 0.0F : static_cast<float>(rng.between(-1000, 1000)) / 16;
    if (a > b) std::swap(a, b);
    const float low = claimed == Monotone::kIncreasing ? f(a) : f(b);
    const float high = claimed == Monotone::kIncreasing ? f(b) : f(a);
    EXPECT_LE(low, high) << what << " between " << a << " and " << b;
  }
}

TEST(Monotone, ClaimsHold) {
  Rng rng(1);
  std::vector<float> constants = {0, -0.0F, 1, -1, 0.25F, -0.25F, 3, -3, 1e-40F, -1e-40F, 1e30F, -1e30F, kInfinity, -kInfinity, kNaN};
  for (int i = 0; i < 20; ++i) constants.push_back(random_float(rng));
  for (const float c : constants) {
    for (const BinaryFunction function : all_binaries()) {
      const std::string what = std::string(to_text(function)) + " with " + std::to_string(c);
      expect_monotone(
          monotone(function, c, false), rng, [&](float x) { return apply(function, x, c); }, what);
      expect_monotone(
          monotone(function, c, true), rng, [&](float x) { return apply(function, c, x); }, what + " first");
    }
    for (const UnaryFunction function : all_unaries()) {
      const float beta = constants[static_cast<std::size_t>(rng.between(0, 9))];
      const auto f = [&](float x) { return apply(function, x, c, beta); };
      expect_monotone(monotone(function, c, beta), rng, f, std::string(unary_info(function).name));
    }
  }
}

TEST(Monotone, FindsTheUsualSteps) {
  EXPECT_EQ(monotone(BinaryFunction::kMul, -2, true), Monotone::kDecreasing);
  EXPECT_EQ(monotone(BinaryFunction::kDiv, 2, false), Monotone::kIncreasing);
  EXPECT_EQ(monotone(BinaryFunction::kDiv, 2, true), Monotone::kUnknown);
  EXPECT_EQ(monotone(BinaryFunction::kDiv, 0, false), Monotone::kUnknown);
  EXPECT_EQ(monotone(BinaryFunction::kSub, 2, true), Monotone::kDecreasing);
  EXPECT_EQ(monotone(BinaryFunction::kAdd, kNaN, false), Monotone::kUnknown);
  EXPECT_EQ(monotone(UnaryFunction::kLeakyRelu, 0.1F, 0), Monotone::kIncreasing);
  EXPECT_EQ(monotone(UnaryFunction::kLeakyRelu, -0.1F, 0), Monotone::kUnknown);
  EXPECT_EQ(monotone(UnaryFunction::kHardSigmoid, 0.2F, 0.5F), Monotone::kIncreasing);
  EXPECT_EQ(monotone(UnaryFunction::kThresholdedRelu, -1, 0), Monotone::kUnknown);
  EXPECT_EQ(monotone(UnaryFunction::kSigmoid, 0, 0), Monotone::kUnknown);
}

TEST(Quantize, Qonnx) {
  const IntType int4 = IntType::of_bits(4, true);
  const auto q = [&](float x, float scale, float zero, Rounding rounding = Rounding::kHalfEven) {
    return quantize(QuantizeStyle::kQonnx, rounding, int4, x, scale, zero);
  };
  EXPECT_EQ(q(0.6F, 0.25F, 0), 2);    // 2.4
  EXPECT_EQ(q(0.625F, 0.25F, 0), 2);  // a tie
  EXPECT_EQ(q(0.625F, 0.25F, 0, Rounding::kHalfUp), 3);
  EXPECT_EQ(q(100, 0.25F, 0), 7);
  EXPECT_EQ(q(-100, 0.25F, 0), -8);
  EXPECT_EQ(q(100, -0.25F, 0), -8);  // a negative scale mirrors
  EXPECT_EQ(q(kInfinity, 0.25F, 0), 7);
  EXPECT_EQ(q(kNaN, 0.25F, 0), -8);
  EXPECT_EQ(q(1e30F, 1e-30F, 0), 7);  // the quotient overflows
}

TEST(Quantize, ZeroPointBeforeOrAfterRounding) {
  // 0.5 + 1 is rounded to 2; round(0.5) + 1 is 1.
  const IntType uint8 = IntType::of_bits(8, false);
  EXPECT_EQ(quantize(QuantizeStyle::kQonnx, Rounding::kHalfEven, uint8, 0.5F, 1, 1), 2);
  EXPECT_EQ(quantize(QuantizeStyle::kOnnx, Rounding::kHalfEven, uint8, 0.5F, 1, 1), 1);
  EXPECT_EQ(quantize(QuantizeStyle::kOnnx, Rounding::kHalfEven, uint8, 1000, 1, 1), 255);
  EXPECT_EQ(quantize(QuantizeStyle::kOnnx, Rounding::kHalfEven, uint8, -kInfinity, 1, 1), 0);
  EXPECT_EQ(quantize(QuantizeStyle::kOnnx, Rounding::kHalfEven, uint8, kNaN, 1, 1), 0);
}

TEST(Quantize, OneBit) {
  const IntType bipolar = IntType::bipolar_type();
  EXPECT_EQ(quantize(QuantizeStyle::kQonnx, Rounding::kFloor, bipolar, -0.0F, 0.5F, 0), 1);
  EXPECT_EQ(quantize(QuantizeStyle::kQonnx, Rounding::kFloor, bipolar, -0.25F, 0.5F, 0), -1);
  EXPECT_EQ(quantize(QuantizeStyle::kQonnx, Rounding::kFloor, bipolar, -0.25F, 0.5F, 1), 1);
  EXPECT_EQ(quantize(QuantizeStyle::kQonnx, Rounding::kFloor, bipolar, 0.25F, -0.5F, 0), -1);
  EXPECT_EQ(quantize(QuantizeStyle::kQonnx, Rounding::kFloor, bipolar, kNaN, 0.5F, 0), -1);
  EXPECT_EQ(quantize(QuantizeStyle::kBipolar, Rounding::kFloor, bipolar, -0.0F, -0.5F, 0), 1);
  EXPECT_EQ(quantize(QuantizeStyle::kBipolar, Rounding::kFloor, bipolar, 0.25F, -0.5F, 0), 1);
  EXPECT_EQ(quantize(QuantizeStyle::kBipolar, Rounding::kFloor, bipolar, kNaN, 1, 0), -1);
}

TEST(Quantize, NeverLeavesThirtyTwoBits) {
  // 2^31 - 1 is no float32: the clamp in float ends at 2^31.
  const IntType int32 = IntType::of_bits(32, true);
  for (const QuantizeStyle style : {QuantizeStyle::kQonnx, QuantizeStyle::kOnnx}) {
    EXPECT_EQ(quantize(style, Rounding::kHalfEven, int32, 1e20F, 1, 0), int32.hi);
    EXPECT_EQ(quantize(style, Rounding::kHalfEven, int32, -1e20F, 1, 0), int32.lo);
  }
}

TEST(Quantize, StaysInRangeForAnyNumbers) {
  Rng rng(2);
  for (int i = 0; i < 20000; ++i) {
    const int bits = static_cast<int>(rng.between(1, 32));
    IntType codes = IntType::of_bits(bits, rng.chance(0.5));
    if (rng.chance(0.1)) codes = IntType::bipolar_type();
    const QuantizeStyle style = codes.bipolar ? QuantizeStyle::kQonnx : rng.chance(0.5) ? QuantizeStyle::kQonnx : QuantizeStyle::kOnnx;
    const Rounding rounding = kAllRoundings[static_cast<std::size_t>(rng.between(0, 6))];
    const float zero = static_cast<float>(rng.between(-300, 300));
    EXPECT_TRUE(codes.contains(quantize(style, rounding, codes, random_float(rng), random_float(rng), zero)));
  }
}

TEST(Dequantize, Examples) {
  const double product = static_cast<double>(0.1F) * static_cast<double>(0.25F);
  EXPECT_EQ(dequantize(3, product, 0), 0.07500000298F);
  EXPECT_EQ(dequantize(7, 0.25, 3), 1.0F);
  EXPECT_EQ(dequantize(0, -0.25, 0), 0.0F);
  EXPECT_EQ(dequantize(std::int64_t{1} << 40, 0x1p100, 0), kInfinity);
  EXPECT_EQ(dequantize(-3, 0x1p-150, 0), -0x1p-148F);  // -1.5 of the least float: a tie to even
  EXPECT_EQ(dequantize(1, 0x1p-150, 0), 0.0F);
}

TEST(Dequantize, RoundsOnceWhereTwoRoundingsDiffer) {
  // 269 * 4285953804187077 = 2^60 + 2^36 + 1: just above a tie of float32, by a bit that a double cannot hold beside it.
  const std::int64_t code = 4285953804187077;
  EXPECT_EQ(static_cast<float>(static_cast<double>(code) * 269), 0x1p60F);
  EXPECT_EQ(dequantize(code, 269, 0), 0x1p60F + 0x1p37F);
  EXPECT_EQ(dequantize(code, -269, 0), -0x1p60F - 0x1p37F);
  EXPECT_EQ(dequantize(code, 269 * 0x1p-200, 0), 0x1p-140F);  // below the normal numbers
}

/// The exact product of two integers as two halves, rounded to 24 bits, ties to even; the reference of the next test.
float rounded_product(std::uint64_t a, std::uint64_t b) {
  const std::uint64_t a_low = a & 0xFFFFFFFF, a_high = a >> 32;
  const std::uint64_t b_low = b & 0xFFFFFFFF, b_high = b >> 32;
  const std::uint64_t low = a_low * b_low;
  const std::uint64_t middle = a_high * b_low + (low >> 32);
  const std::uint64_t middle2 = a_low * b_high + (middle & 0xFFFFFFFF);
  std::uint64_t high = a_high * b_high + (middle >> 32) + (middle2 >> 32);
  std::uint64_t rest = (middle2 << 32) | (low & 0xFFFFFFFF);
  int exponent = 0;
  while (high != 0 || rest >= (std::uint64_t{1} << 62)) {  // keep what is shifted out as a sticky bit
    rest = (high << 63) | (rest >> 1) | (rest & 1);
    high >>= 1;
    ++exponent;
  }
  std::uint64_t sticky = 0;
  while (rest >= (std::uint64_t{1} << 26)) {
    sticky |= rest & 1;
    rest >>= 1;
    ++exponent;
  }
  if (rest < (std::uint64_t{1} << 24)) return std::ldexp(static_cast<float>(rest), exponent);
  const int drop = rest >= (std::uint64_t{1} << 25) ? 2 : 1;
  const std::uint64_t tail = rest & ((1U << drop) - 1), half = 1U << (drop - 1);
  std::uint64_t kept = rest >> drop;
  if (tail > half || (tail == half && (sticky != 0 || (kept & 1) != 0))) ++kept;
  return std::ldexp(static_cast<float>(kept), exponent + drop);
}

TEST(Dequantize, EqualsExactArithmetic) {
  Rng rng(3);
  for (int i = 0; i < 200000; ++i) {
    const auto code = static_cast<std::int64_t>(rng.next() >> rng.between(12, 62));
    std::uint64_t a = rng.next() >> 40, b = rng.next() >> 40;  // the significands of two float32 scales
    if (rng.chance(0.3)) b = 1 + (std::uint64_t{1} << rng.between(1, 23));
    const double scale = static_cast<double>(a) * static_cast<double>(b);
    const std::int64_t zero = rng.between(-5, 5);
    if (std::llabs(code - zero) >= std::int64_t{1} << 53) continue;
    const std::int64_t difference = code - zero;
    const float expected = rounded_product(static_cast<std::uint64_t>(std::llabs(difference)), a * b);
    EXPECT_EQ(dequantize(code, scale, zero), difference < 0 ? -expected : expected) << code << " " << a << " " << b;
    EXPECT_EQ(dequantize(code, scale * 0x1p-60, zero), std::ldexp(difference < 0 ? -expected : expected, -60));
  }
}

}  // namespace
}  // namespace finnr
