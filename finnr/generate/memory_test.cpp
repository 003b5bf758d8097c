// SPDX-License-Identifier: Apache-2.0
#include "finnr/generate/memory.h"

#include <gtest/gtest.h>

#include <algorithm>

#include "finnr/base/rng.h"
#include "finnr/hardware/steps_for_test.h"

namespace finnr {
namespace {

using Ints = Tensor::Ints;

TEST(MemoryImage, DigitsMostSignificantFirst) {
  MemoryImage image(10);
  image.put(0x5, 3);
  image.put(0x7F, 7);  // 1111111'101
  image.end_word();
  image.put(1, 1);
  image.end_word();
  EXPECT_EQ(image.text(), "3fd\n001\n");
}

TEST(MemoryImage, NumbersOverManyDigits) {
  MemoryImage image(70);
  image.put(3, 2);
  image.put(0x123456789ABCDEF0, 64);
  image.put(0xF, 4);
  image.end_word();
  EXPECT_EQ(image.text(), "3c48d159e26af37bc3\n");
}

Mvu matrix(std::int64_t inputs, std::int64_t outputs, Ints weights, const IntType& w) {
  Mvu mvu;
  mvu.mw = inputs;
  mvu.mh = outputs;
  mvu.weights = tensor({inputs, outputs}, std::move(weights));
  mvu.w = w;
  return mvu;
}

TEST(WeightImage, InputsLowestThenRows) {
  // Rows (outputs) 1 2 3 4 and -1 -2 -3 -4 in four bits, two outputs and two inputs at once.
  Mvu mvu = matrix(4, 2, {1, -1, 2, -2, 3, -3, 4, -4}, {-4, 4, false});
  mvu.pe = 2;
  mvu.simd = 2;
  EXPECT_EQ(weight_image(mvu), "ef21\ncd43\n");
  mvu.pe = 1;
  EXPECT_EQ(weight_image(mvu), "21\n43\nef\ncd\n");
  mvu.simd = 4;
  EXPECT_EQ(weight_image(mvu), "4321\ncdef\n");
}

TEST(WeightImage, OneBitIsPlusOne) {
  Mvu mvu = matrix(4, 1, {1, -1, -1, 1}, IntType::bipolar_type());
  mvu.simd = 4;
  EXPECT_EQ(weight_image(mvu), "9\n");
}

TEST(WeightImage, PaddedInputsMeetZeroAndPaddedRowsRepeatTheFirst) {
  Mvu mvu = matrix(3, 2, {1, 4, 2, 5, 3, 6}, {-8, 7, false});
  mvu.mw = 4;
  mvu.mh = 3;
  mvu.simd = 4;
  EXPECT_EQ(weight_image(mvu), "0321\n0654\n0321\n");
  Mvu bits = matrix(3, 1, {-1, -1, 1}, IntType::bipolar_type());
  bits.mw = 4;
  bits.simd = 4;
  EXPECT_EQ(weight_image(bits), "c\n") << "a padded pair is weight 1 against input bit 0";
}

TEST(WeightImage, GroupsFollowEachOther) {
  // Two groups of two inputs and one output: columns are the outputs of all groups.
  Mvu mvu = matrix(2, 2, {1, 3, 2, 4}, {-8, 7, false});
  mvu.mh = 1;
  mvu.groups = 2;
  EXPECT_EQ(weight_image(mvu), "1\n2\n3\n4\n");
  mvu.simd = 2;
  EXPECT_EQ(weight_image(mvu), "21\n43\n");
}

TEST(WeightImage, ChannelsOfADepthwiseUnit) {
  Vvu vvu;
  vvu.channels = 4;
  vvu.kernel = 2;
  vvu.weights = tensor({2, 4}, {1, 2, 3, 4, 5, 6, 7, -1});
  vvu.w = {-8, 7, false};
  EXPECT_EQ(weight_image(vvu), "1\n5\n2\n6\n3\n7\n4\nf\n");
  vvu.pe = 2;
  EXPECT_EQ(weight_image(vvu), "21\n65\n43\nf7\n");
  vvu.simd = 2;
  EXPECT_EQ(weight_image(vvu), "6251\nf473\n") << "the window elements of a channel stand together";
}

TEST(IndexImage, AsWideAsTheBeatsNeed) {
  EXPECT_EQ(index_image({3, 0, 2}, 4), "3\n0\n2\n");
  EXPECT_EQ(index_image({16, 1}, 17), "10\n01\n");
  EXPECT_EQ(index_image({0, 0}, 1), "0\n0\n");
}

TEST(ThresholdImage, AlikeForAllChannels) {
  const HardwareSteps h = hardware_steps(steps_of({1, 3}, {-2, 0, 5}, {4}, {1, 1, 1}, {4, 7, false}), {-10, 10, false}, 0, 0);
  EXPECT_EQ(threshold_image(h, 2, 2), "0a0f141e\n");  // 00101 00000 11110, twice
}

TEST(ThresholdImage, EntryIsThresholdsThenSignThenBase) {
  // Channels: rising 1, 2 from 0; falling -1, 3 from 2. Five bits a threshold, one sign, two bits of base.
  const HardwareSteps h = hardware_steps(steps_of({2, 2}, {1, 2, -1, 3}, {0, 2}, {1, 1, -1, -1}, {0, 2, false}), {-9, 9, false}, 0, 0);
  ASSERT_EQ(h.format.threshold_bits, 5);
  // 00 0 00010 00001 and 10 1 00011 11111, in 13 bits.
  EXPECT_EQ(threshold_image(h, 2, 1), "0041\n147f\n");
  EXPECT_EQ(threshold_image(h, 2, 2), "28fe041\n");
}

TEST(ThresholdImage, PaddedChannelsGiveLevelZero) {
  const Steps alike = steps_of({1, 1}, {3}, {1}, {1}, {1, 2, false});
  const IntType x = {0, 6, false};
  const HardwareSteps h = hardware_steps(alike, x, 0, 2);
  EXPECT_FALSE(h.shared);
  EXPECT_EQ(h.rows, 2);
  EXPECT_TRUE(h.format.base_in_memory) << "their base is 0";
  EXPECT_EQ(threshold_image(h, 3, 1), "0b\n0b\n07\n");  // base 01, threshold 011; never is 7
  const HardwareSteps one = hardware_steps(alike, x, 0, 1);
  EXPECT_EQ(threshold_image(one, 2, 1), "0b\n07\n");
  EXPECT_EQ(threshold_image(hardware_steps(alike, x, 0, 0), 2, 1), "3\n3\n") << "shared: the base is a parameter";
}

/// What the unit computes from an image, read back bit by bit (rtl/finnr_threshold.sv).
std::int64_t level_in(const std::string& image, const HardwareSteps& h, int pe, std::int64_t channel, std::int64_t x) {
  const std::int64_t sign_bits = h.format.signs == 1 ? h.width : h.format.signs == 2 ? 1 : 0;
  const std::int64_t entry = h.width * h.format.threshold_bits + sign_bits + (h.format.base_in_memory ? h.format.out_bits : 0);
  const std::size_t digits = static_cast<std::size_t>((entry * pe + 3) / 4);
  const std::string word = image.substr(static_cast<std::size_t>(channel / pe) * (digits + 1), digits);
  const auto bits = [&](std::int64_t at, std::int64_t n) {
    std::int64_t value = 0;
    for (std::int64_t i = 0; i < n; ++i) {
      const char digit = word[digits - 1 - static_cast<std::size_t>((at + i) / 4)];
      const int nibble = digit <= '9' ? digit - '0' : digit - 'a' + 10;
      value |= static_cast<std::int64_t>((nibble >> ((at + i) % 4)) & 1) << i;
    }
    return value;
  };
  const auto extended = [](std::int64_t value, int n, bool is_signed) {
    return is_signed && ((value >> (n - 1)) & 1) != 0 ? value - (std::int64_t{1} << n) : value;
  };
  const std::int64_t start = channel % pe * entry;
  const std::int64_t signs = start + h.width * h.format.threshold_bits;
  std::int64_t level = h.format.base_in_memory ? bits(signs + sign_bits, h.format.out_bits) : h.format.base;
  for (std::int64_t k = 0; k < h.width; ++k) {
    const bool falls = sign_bits > 0 && bits(signs + (h.format.signs == 1 ? k : 0), 1) != 0;
    const std::int64_t threshold =
        extended(bits(start + k * h.format.threshold_bits, h.format.threshold_bits), h.format.threshold_bits, h.format.is_signed);
    if (x >= threshold) level += falls ? -1 : 1;
  }
  return level & ((std::int64_t{1} << h.format.out_bits) - 1);
}

TEST(ThresholdImage, ReadBackItIsTheFunction) {
  Rng rng(4);
  for (int i = 0; i < 200; ++i) {
    const IntType x = {rng.between(-40, 0), rng.between(1, 40), false};
    const std::int64_t rows = rng.chance(0.3) ? 1 : 4;
    const std::int64_t width = rng.between(1, 6);
    const int mode = static_cast<int>(rng.between(0, 2));
    Ints thresholds;
    Ints signs;
    Ints base;
    for (std::int64_t r = 0; r < rows; ++r) {
      Ints row;
      for (std::int64_t k = 0; k < width; ++k) row.push_back(rng.between(x.lo - 9, x.hi + 9));
      std::ranges::sort(row);
      thresholds.insert(thresholds.end(), row.begin(), row.end());
      const bool falls = rng.chance(0.5);
      for (std::int64_t k = 0; k < width; ++k) signs.push_back(mode == 0 ? 1 : mode == 1 ? (falls ? -1 : 1) : (rng.chance(0.5) ? -1 : 1));
      base.push_back(rng.chance(0.5) ? 0 : rng.between(-3, 3));
    }
    const Steps steps = steps_of({rows, width}, thresholds, base, signs, {-9, 9, false});
    const bool padded = rng.chance(0.5);
    const HardwareSteps h = hardware_steps(steps, x, 0, padded ? 4 : 0);
    const int pe = rng.chance(0.5) ? 2 : 1;
    const std::int64_t channels = padded ? 6 : 4;
    const std::string image = threshold_image(h, channels, pe);
    const std::int64_t mask = (std::int64_t{1} << h.format.out_bits) - 1;
    for (std::int64_t c = 0; c < channels; ++c) {
      for (std::int64_t value = x.lo; value <= x.hi; ++value)
        ASSERT_EQ(level_in(image, h, pe, c, value), c < 4 ? steps.level(rows == 1 ? 0 : c, value) & mask : 0) << "channel " << c;
    }
  }
}

TEST(TableImage, AWordForEveryPattern) {
  Threshold unit;
  unit.channels = 2;
  unit.x = {-2, 1, false};
  unit.steps = steps_of({1, 2}, {-1, 1}, {3}, {1, -1}, {0, 4, false});
  EXPECT_EQ(table_image(unit, 0, 2), "4\n3\n3\n4\n");  // patterns 00 01 10 11 are 0, 1, -2, -1
  EXPECT_EQ(table_image(unit, 4, 2), "24\n1b\n1b\n24\n00\n00\n00\n00\n") << "two lanes of three bits; the last two are padding";
}

}  // namespace
}  // namespace finnr
