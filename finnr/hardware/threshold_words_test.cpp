// SPDX-License-Identifier: Apache-2.0
#include "finnr/hardware/threshold_words.h"

#include <gtest/gtest.h>

#include "finnr/hardware/steps_for_test.h"

namespace finnr {
namespace {

using Ints = Tensor::Ints;

TEST(HardwareSteps, AlikeForAllChannels) {
  const HardwareSteps h = hardware_steps(steps_of({1, 3}, {-2, 0, 5}, {4}, {1, 1, 1}, {4, 7, false}), {-10, 10, false}, 0, 0);
  EXPECT_TRUE(h.shared);
  EXPECT_EQ(h.width, 3);
  EXPECT_EQ(h.never, 11);
  EXPECT_EQ(h.format.signs, 0);
  EXPECT_FALSE(h.format.base_in_memory);
  EXPECT_EQ(h.format.base, 4);
  EXPECT_EQ(h.format.threshold_bits, 5);
  EXPECT_EQ(h.format.out_bits, 3);
  EXPECT_TRUE(h.format.is_signed);
  EXPECT_FALSE(h.format.search);
  const std::vector<Field> entry = threshold_entry(h, 1);
  ASSERT_EQ(entry.size(), 3U);
  EXPECT_EQ(entry[0].value & 31U, 0b11110U);
  EXPECT_EQ(entry[2].value, 5U);
  EXPECT_EQ(entry[2].bits, 5);
}

TEST(HardwareSteps, OutsideTheRangeIsAlwaysOrNever) {
  const HardwareSteps h = hardware_steps(steps_of({1, 4}, {-1000, -10, 10, 1000}, {0}, {1, 1, 1, 1}, {0, 4, false}), {-10, 9, false}, 0, 0);
  EXPECT_EQ(h.thresholds, (Ints{-10, -10, 10, 10}));
}

TEST(HardwareSteps, SumsOfSignsBecomeCountsOfAgreements) {
  // Of 5 products the sum a is -5, -3 ... 5 and the count p = (a + 5) / 2 is 0 ... 5.
  const HardwareSteps h = hardware_steps(steps_of({1, 5}, {-4, -3, 0, 5, 6}, {0}, {1, 1, 1, 1, 1}, {0, 5, false}), {-5, 5, false}, 5, 0);
  EXPECT_EQ(h.thresholds, (Ints{1, 1, 3, 5, 6}));
  EXPECT_EQ(h.never, 6);
  EXPECT_FALSE(h.format.is_signed);
  EXPECT_EQ(h.format.threshold_bits, 3);
  for (std::int64_t n = 1; n <= 6; ++n) {
    for (std::int64_t a = -n; a <= n; a += 2) {
      for (std::int64_t t = -n; t <= n + 1; ++t) {
        const HardwareSteps one = hardware_steps(steps_of({1, 1}, {t}, {0}, {1}, {0, 1, false}), {-n, n, false}, n, 0);
        EXPECT_EQ((a + n) / 2 >= one.thresholds[0], a >= t) << n << " " << a << " " << t;
      }
    }
  }
}

TEST(HardwareSteps, ASingleBipolarNumberCountsItself) {
  const HardwareSteps h = hardware_steps(steps_of({2, 1}, {1, -1}, {0, 0}, {1, 1}, {0, 1, false}), IntType::bipolar_type(), 1, 0);
  EXPECT_EQ(h.thresholds, (Ints{1, 0}));
  EXPECT_FALSE(h.format.is_signed) << "the bit is compared as 0 or 1";
}

TEST(HardwareSteps, SignsOfChannelsAndOfThresholds) {
  const IntType x = {-9, 9, false};
  const HardwareSteps falling = hardware_steps(steps_of({2, 2}, {0, 1, 2, 10}, {2, 0}, {-1, -1, 1, 1}, {0, 2, false}), x, 0, 0);
  EXPECT_EQ(falling.format.signs, 2) << "one sign a channel";
  EXPECT_TRUE(falling.format.base_in_memory);
  const HardwareSteps mixed = hardware_steps(steps_of({2, 2}, {0, 1, 2, 10}, {2, 0}, {-1, 1, 1, 1}, {0, 2, false}), x, 0, 0);
  EXPECT_EQ(mixed.format.signs, 1);
  const HardwareSteps unreached = hardware_steps(steps_of({2, 2}, {0, 10, 2, 3}, {2, 0}, {-1, 1, 1, 1}, {0, 2, false}), x, 0, 0);
  EXPECT_EQ(unreached.format.signs, 2) << "a threshold that is never reached has no sign of its own";
  EXPECT_EQ(unreached.signs, (Ints{-1, -1, 1, 1}));
}

TEST(HardwareSteps, ManyAreSearched) {
  Ints many(16);
  for (std::size_t k = 0; k < many.size(); ++k) many[k] = static_cast<std::int64_t>(k);
  const IntType x = {-20, 20, false};
  EXPECT_TRUE(hardware_steps(steps_of({1, 16}, many, {0}, Ints(16, 1), {0, 16, false}), x, 0, 0).format.search);
  EXPECT_TRUE(hardware_steps(steps_of({1, 16}, many, {16}, Ints(16, -1), {0, 16, false}), x, 0, 0).format.search);
  Ints signs(16, 1);
  signs[3] = -1;
  EXPECT_FALSE(hardware_steps(steps_of({1, 16}, many, {0}, signs, {0, 16, false}), x, 0, 0).format.search);
}

}  // namespace
}  // namespace finnr
