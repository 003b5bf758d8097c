// SPDX-License-Identifier: Apache-2.0
#include "finnr/cost/step_columns.h"

#include <gtest/gtest.h>

namespace finnr {
namespace {

/// Rows of thresholds of three bits, all rising.
HardwareSteps steps_of(std::int64_t width, std::vector<std::int64_t> thresholds) {
  HardwareSteps steps;
  steps.width = width;
  steps.rows = std::ssize(thresholds) / width;
  steps.format.threshold_bits = 3;
  steps.format.out_bits = 2;
  steps.signs.assign(thresholds.size(), 1);
  steps.base.assign(static_cast<std::size_t>(steps.rows), 0);
  steps.thresholds = std::move(thresholds);
  return steps;
}

TEST(StepColumns, ConstantColumnsVanishAndEqualOnesAreOne) {
  // Bit 0 is 0 1 1 0, bit 1 is 0 1 1 0 too, bit 2 is always 1.
  const StepColumns found = step_columns(steps_of(1, {4, 7, 7, 4}), 4, 1);
  EXPECT_EQ(found.registers, 1);
  EXPECT_EQ(found.luts, 1);
  EXPECT_EQ(found.choices, 0) << "nothing is chosen where all are compared";
}

TEST(StepColumns, AColumnThatIsTheAddressIsAWire) {
  const StepColumns found = step_columns(steps_of(1, {0, 1, 2, 3}), 4, 1);
  EXPECT_EQ(found.registers, 2);
  EXPECT_EQ(found.luts, 0);
}

TEST(StepColumns, LanesShareEqualColumns) {
  const std::vector<std::int64_t> thresholds = {1, 1, 0, 0, 0, 0, 1, 1};  // of each word both lanes are alike
  EXPECT_EQ(step_columns(steps_of(1, thresholds), 4, 2).registers, 1);
  EXPECT_EQ(step_columns(steps_of(1, thresholds), 8, 1).registers, 1);
}

TEST(StepColumns, TheLastFoldMayHaveChannelsWithoutThresholds) {
  HardwareSteps steps = steps_of(1, {0, 0, 0});
  steps.never = 7;
  const StepColumns found = step_columns(steps, 4, 1);
  EXPECT_EQ(found.registers, 1) << "0 0 0 1 in all bits";
}

/// Stages do not share: each has its memory and reads its thresholds with an address of its own.
TEST(StepColumns, StagesOfASearch) {
  HardwareSteps steps = steps_of(3, {0, 1, 0, 1, 0, 1, 1, 0, 1, 0, 1, 0});
  EXPECT_EQ(step_columns(steps, 4, 1).registers, 2) << "0 1 1 0 and 1 0 0 1";
  steps.format.search = true;
  const StepColumns found = step_columns(steps, 4, 1);
  EXPECT_EQ(found.registers, 2) << "1 0 0 1 of the first stage, 0 1 1 0 of both thresholds of the second";
  EXPECT_EQ(found.choices, 0);
  const StepColumns other = step_columns(
      [] {
        HardwareSteps with_choice = steps_of(3, {0, 1, 0, 1, 0, 0, 1, 0, 1, 0, 1, 1});
        with_choice.format.search = true;
        return with_choice;
      }(),
      4, 1);
  EXPECT_EQ(other.registers, 3);
  EXPECT_EQ(other.choices, 1) << "of bit 0; the others are 0";
  EXPECT_EQ(other.chosen, 1);
}

}  // namespace
}  // namespace finnr
