// SPDX-License-Identifier: Apache-2.0
#include "finnr/emulate/spatial.h"

#include <gtest/gtest.h>

#include <cmath>
#include <limits>

#include "finnr/base/rng.h"
#include "finnr/emulate/reference.h"

namespace finnr {
namespace {

using Floats = Tensor::Floats;
using Ints = Tensor::Ints;

const Tensor kNine({1, 1, 3, 3}, Ints{1, 2, 3, 4, 5, 6, 7, 8, 9});
const Tensor kFour({1, 1, 2, 2}, Ints{1, 2, 3, 4});

Tensor result_of(const Op& op, const std::vector<Tensor>& inputs) {
  std::vector<const Tensor*> pointers;
  for (const Tensor& input : inputs) pointers.push_back(&input);
  return evaluate(op, pointers, {}).at(0);
}

Conv plain() { return {{1, 1}, {1, 1}, {0, 0}, {0, 0}, {1, 1}, 1, 0}; }

TEST(Spatial, ConvByHand) {
  EXPECT_EQ(result_of(plain(), {kNine, kFour}), Tensor({1, 1, 2, 2}, Ints{37, 47, 67, 77}));
  Conv padded = plain();
  padded.stride = {2, 1};
  padded.begin = {1, 0};
  padded.end = {0, 1};
  padded.fill = 10;
  EXPECT_EQ(result_of(padded, {kNine, kFour}), Tensor({1, 1, 2, 3}, Ints{41, 48, 79, 67, 77, 93}));
  Conv dilated = plain();
  dilated.dilation = {2, 2};
  EXPECT_EQ(result_of(dilated, {kNine, kFour}), Tensor({1, 1, 1, 1}, Ints{64}));
  Conv cropped = plain();
  cropped.begin = {-1, -1};
  EXPECT_EQ(result_of(cropped, {kNine, kFour}), Tensor({1, 1, 1, 1}, Ints{77}));
  cropped.begin = {0, 0};
  cropped.end = {0, -1};
  EXPECT_EQ(result_of(cropped, {kNine, kFour}), Tensor({1, 1, 2, 1}, Ints{37, 67}));
}

TEST(Spatial, ConvWithSpacing) {
  Conv spaced = plain();
  spaced.spacing = {2, 2};
  spaced.fill = 7;
  EXPECT_EQ(result_of(spaced, {kFour, Tensor({1, 1, 1, 1}, Ints{5})}), Tensor({1, 1, 3, 3}, Ints{5, 35, 10, 35, 35, 35, 15, 35, 20}));
  // The textbook form of a transposed convolution adds each pixel times the kernel; here the kernel is mirrored.
  spaced.fill = 0;
  spaced.begin = spaced.end = {1, 1};
  const Tensor mirrored({1, 1, 2, 2}, Ints{4, 3, 2, 1});
  EXPECT_EQ(result_of(spaced, {kFour, mirrored}), Tensor({1, 1, 4, 4}, Ints{1, 2, 2, 4, 3, 4, 6, 8, 3, 6, 4, 8, 9, 12, 12, 16}));
}

TEST(Spatial, ConvGroupsSignalsAndBatches) {
  Conv grouped = plain();
  grouped.groups = 2;
  EXPECT_EQ(result_of(grouped, {Tensor({1, 2, 1, 2}, Ints{1, 2, 3, 4}), Tensor({4, 1, 1, 1}, Ints{1, 10, 100, 1000})}),
            Tensor({1, 4, 1, 2}, Ints{1, 2, 10, 20, 300, 400, 3000, 4000}));
  const Conv channels = plain();
  EXPECT_EQ(result_of(channels, {Tensor({1, 2, 1, 2}, Ints{1, 2, 3, 4}), Tensor({1, 2, 1, 1}, Ints{10, -1})}),
            Tensor({1, 1, 1, 2}, Ints{7, 16}));
  const Conv signal{{2}, {1}, {0}, {0}, {1}, 1, 0};
  EXPECT_EQ(result_of(signal, {Tensor({2, 1, 4}, Ints{1, 2, 3, 5, 5, 8, 7, 11}), Tensor({1, 1, 2}, Ints{1, -1})}),
            Tensor({2, 1, 2}, Ints{-1, -2, -3, -4}));
  const Conv volume{{1, 1, 1}, {1, 1, 1}, {0, 0, 0}, {0, 0, 0}, {1, 1, 1}, 1, 0};
  EXPECT_EQ(result_of(volume, {Tensor({1, 1, 2, 1, 2}, Ints{1, 2, 3, 4}), Tensor({1, 1, 2, 1, 1}, Ints{1, 10})}),
            Tensor({1, 1, 1, 1, 2}, Ints{31, 42}));
}

TEST(Spatial, WideNumbersTakeTheSameSums) {
  constexpr std::int64_t kLarge = std::int64_t{1} << 33;
  EXPECT_EQ(result_of(plain(), {Tensor({1, 1, 1, 2}, Ints{kLarge, -kLarge}), Tensor({1, 1, 1, 1}, Ints{3})}),
            Tensor({1, 1, 1, 2}, Ints{3 * kLarge, -3 * kLarge}));
  // Every number is narrow, and the sum is not.
  const Tensor most({1, 4, 1, 1}, Ints(4, 32767));
  EXPECT_EQ(result_of(plain(), {most, Tensor({1, 4, 1, 1}, Ints(4, 32767))}), Tensor({1, 1, 1, 1}, Ints{4LL * 32767 * 32767}));
  Conv padded = plain();
  padded.begin = {1, 0};
  padded.fill = 40000;
  EXPECT_EQ(result_of(padded, {Tensor({1, 1, 1, 1}, Ints{2}), Tensor({1, 1, 1, 1}, Ints{3})}), Tensor({1, 1, 2, 1}, Ints{120000, 6}));
}

TEST(Spatial, FloatConvPadsWithZeros) {
  Conv padded = plain();
  padded.begin = {0, 1};
  padded.fill = 10;
  EXPECT_EQ(result_of(padded, {Tensor({1, 1, 1, 2}, Floats{1.5F, -2}), Tensor({1, 1, 1, 2}, Floats{10, 0.5F})}),
            Tensor({1, 1, 1, 2}, Floats{0.75F, 14}));
}

TEST(Spatial, PoolByHand) {
  const auto pool = [](PoolKind kind) { return Pool{kind, {2, 2}, {1, 1}, {1, 1}, {0, 0}, {0, 0}, 0}; };
  EXPECT_EQ(result_of(pool(PoolKind::kMax), {kNine}), Tensor({1, 1, 2, 2}, Ints{5, 6, 8, 9}));
  EXPECT_EQ(result_of(pool(PoolKind::kSum), {kNine}), Tensor({1, 1, 2, 2}, Ints{12, 16, 24, 28}));
  Pool strided = pool(PoolKind::kMax);
  strided.stride = {2, 2};
  EXPECT_EQ(result_of(strided, {kNine}), Tensor({1, 1, 1, 1}, Ints{5}));
  for (const PoolKind kind : {PoolKind::kMax, PoolKind::kSum}) {
    Pool dilated = pool(kind);
    dilated.dilation = {2, 2};
    EXPECT_EQ(result_of(dilated, {kNine}), Tensor({1, 1, 1, 1}, Ints{kind == PoolKind::kMax ? 9 : 20}));
  }
  Pool padded = pool(PoolKind::kMax);
  padded.begin = {1, 1};
  padded.fill = 100;
  const Tensor negative({1, 1, 3, 3}, Ints{-1, -2, -3, -4, -5, -6, -7, -8, -9});
  EXPECT_EQ(result_of(padded, {negative}), Tensor({1, 1, 3, 3}, Ints{-1, -1, -2, -1, -1, -2, -4, -4, -5})) << "padding never wins";
  const Pool column{PoolKind::kSum, {2, 1}, {1, 1}, {1, 1}, {1, 0}, {0, 0}, 100};
  EXPECT_EQ(result_of(column, {kNine}), Tensor({1, 1, 3, 3}, Ints{101, 102, 103, 5, 7, 9, 11, 13, 15}));
  const Pool crop{PoolKind::kMax, {1, 1}, {1, 1}, {1, 1}, {-1, 0}, {0, -2}, 0};
  EXPECT_EQ(result_of(crop, {kNine}), Tensor({1, 1, 2, 1}, Ints{4, 7}));
}

TEST(Spatial, FloatPools) {
  const float nan = std::numeric_limits<float>::quiet_NaN();
  const Tensor x({1, 2, 1, 3}, Floats{0.5F, nan, 2, -4, -3, -2.5F});
  const Pool most{PoolKind::kMax, {1, 2}, {1, 1}, {1, 1}, {0, 0}, {0, 0}, 0};
  const Tensor got = result_of(most, {x});
  EXPECT_TRUE(std::isnan(got.floats()[0]));
  EXPECT_TRUE(std::isnan(got.floats()[1]));
  EXPECT_EQ(got.floats()[2], -3);
  EXPECT_EQ(got.floats()[3], -2.5F);
  const Pool sum{PoolKind::kSum, {1, 3}, {1, 3}, {1, 1}, {0, 1}, {0, 0}, 100};
  EXPECT_EQ(result_of(sum, {Tensor({1, 1, 1, 3}, Floats{0.5F, 1, 2})}), Tensor({1, 1, 1, 1}, Floats{1.5F})) << "padding adds zero";
}

TEST(Spatial, SumByHand) {
  const Tensor x({1, 2, 2, 2}, Ints{1, 2, 3, 4, 5, 6, 7, 8});
  EXPECT_EQ(result_of(Sum{{2, 3}, true}, {x}), Tensor({1, 2, 1, 1}, Ints{10, 26}));
  EXPECT_EQ(result_of(Sum{{2, 3}, false}, {x}), Tensor({1, 2}, Ints{10, 26}));
  EXPECT_EQ(result_of(Sum{{1}, true}, {x}), Tensor({1, 1, 2, 2}, Ints{6, 8, 10, 12}));
  EXPECT_EQ(result_of(Sum{{0, 1, 2, 3}, false}, {x}), Tensor({}, Ints{36}));
  EXPECT_EQ(result_of(Sum{{0}, true}, {Tensor({2, 1}, Floats{1e8F, 1})}), Tensor({1, 1}, Floats{100000001.0F})) << "in double";
}

TEST(Spatial, PadByHand) {
  EXPECT_EQ(result_of(Pad{{1, 0}, {0, 1}, 0.5F, 9}, {Tensor({1, 2}, Ints{1, 2})}), Tensor({2, 3}, Ints{9, 9, 9, 1, 2, 9}));
  EXPECT_EQ(result_of(Pad{{1, 0}, {0, 1}, 0.5F, 9}, {Tensor({1, 2}, Floats{1, 2})}), Tensor({2, 3}, Floats{0.5F, 0.5F, 0.5F, 1, 2, 0.5F}));
}

TEST(Spatial, TakeAndConcatByHand) {
  const Tensor x({2, 3}, Ints{1, 2, 3, 4, 5, 6});
  EXPECT_EQ(result_of(Take{1, {2, 0, 0, 2}}, {x}), Tensor({2, 4}, Ints{3, 1, 1, 3, 6, 4, 4, 6}));
  EXPECT_EQ(result_of(Take{0, {1}}, {x}), Tensor({1, 3}, Ints{4, 5, 6}));
  EXPECT_EQ(result_of(Take{1, {1}}, {Tensor({1, 2}, Floats{0.5F, 3})}), Tensor({1, 1}, Floats{3}));
  EXPECT_EQ(result_of(Concat{0}, {x, Tensor({1, 3}, Ints{7, 8, 9})}), Tensor({3, 3}, Ints{1, 2, 3, 4, 5, 6, 7, 8, 9}));
  EXPECT_EQ(result_of(Concat{1}, {x, Tensor({2, 1}, Ints{7, 8}), x}), Tensor({2, 7}, Ints{1, 2, 3, 7, 1, 2, 3, 4, 5, 6, 8, 4, 5, 6}));
  EXPECT_EQ(result_of(Concat{0}, {Tensor({1}, Floats{1}), Tensor({1}, Floats{0.5F})}), Tensor({2}, Floats{1, 0.5F}));
}

TEST(Spatial, JoinByHand) {
  const Tensor a({2, 2}, Ints{1, 2, 3, 4});
  EXPECT_EQ(result_of(Join{JoinFunction::kAdd, 2, -1}, {a, Tensor({2}, Ints{10, 20})}), Tensor({2, 2}, Ints{-8, -16, -4, -12}));
  EXPECT_EQ(result_of(Join{JoinFunction::kMul, 1, 1}, {a, Tensor({2, 1}, Ints{10, -1})}), Tensor({2, 2}, Ints{10, 20, -3, -4}));
}

/// Convolution by its definition, one product after the other.
Tensor slow(const Conv& op, const Tensor& x, const Tensor& w) {
  const Shape& s = x.shape();
  const Shape& k = w.shape();
  Shape y = {s[0], k[0]};
  for (std::size_t a = 0; a < 2; ++a)
    y.push_back(((s[a + 2] - 1) * op.spacing[a] + 1 + op.begin[a] + op.end[a] - (k[a + 2] - 1) * op.dilation[a] - 1) / op.stride[a] + 1);
  Tensor result = Tensor::zeros(y, false);
  std::size_t at = 0;
  for (std::int64_t n = 0; n < y[0]; ++n)
    for (std::int64_t m = 0; m < y[1]; ++m)
      for (std::int64_t i = 0; i < y[2]; ++i)
        for (std::int64_t j = 0; j < y[3]; ++j, ++at)
          for (std::int64_t c = 0; c < k[1]; ++c)
            for (std::int64_t p = 0; p < k[2]; ++p)
              for (std::int64_t q = 0; q < k[3]; ++q) {
                const std::int64_t row = i * op.stride[0] + p * op.dilation[0] - op.begin[0];
                const std::int64_t column = j * op.stride[1] + q * op.dilation[1] - op.begin[1];
                const std::int64_t channel = m / (k[0] / op.groups) * k[1] + c;
                const bool real = row >= 0 && column >= 0 && row % op.spacing[0] == 0 && column % op.spacing[1] == 0 &&
                                  row / op.spacing[0] < s[2] && column / op.spacing[1] < s[3];
                const std::int64_t line = (n * s[1] + channel) * s[2] + row / op.spacing[0];
                const std::int64_t value = real ? x.ints()[static_cast<std::size_t>(line * s[3] + column / op.spacing[1])] : op.fill;
                result.ints()[at] += value * w.ints()[static_cast<std::size_t>(((m * k[1] + c) * k[2] + p) * k[3] + q)];
              }
  return result;
}

TEST(Spatial, RandomConvsAreTheDefinition) {
  Rng rng(3);
  const auto random = [&](const Shape& shape, std::int64_t most) {
    Tensor tensor = Tensor::zeros(shape, false);
    for (std::int64_t& x : tensor.ints()) x = rng.between(-most, most);
    return tensor;
  };
  int tried = 0;
  while (tried < 150) {
    Conv op = plain();
    Shape x = {rng.between(1, 2), 0, rng.between(1, 6), rng.between(1, 6)};
    op.groups = rng.between(1, 3);
    const Shape w = {op.groups * rng.between(1, 2), rng.between(1, 2), rng.between(1, 3), rng.between(1, 3)};
    x[1] = op.groups * w[1];
    bool fits = true;
    for (std::size_t a = 0; a < 2; ++a) {
      op.stride[a] = rng.between(1, 3);
      op.dilation[a] = rng.between(1, 2);
      op.spacing[a] = rng.chance(0.3) ? rng.between(2, 3) : 1;
      op.begin[a] = rng.between(-1, 2);
      op.end[a] = rng.between(-1, 2);
      fits = fits && (x[a + 2] - 1) * op.spacing[a] + 1 + op.begin[a] + op.end[a] >= (w[a + 2] - 1) * op.dilation[a] + 1;
    }
    op.fill = rng.between(-3, 3);
    if (!fits) continue;
    ++tried;
    const std::int64_t most = rng.chance(0.3) ? std::int64_t{1} << 20 : 9;
    const Tensor data = random(x, most);
    const Tensor weights = random(w, 9);
    ASSERT_EQ(convolve(op, data, weights), slow(op, data, weights));
  }
}

}  // namespace
}  // namespace finnr
