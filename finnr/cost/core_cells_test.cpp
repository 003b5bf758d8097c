// SPDX-License-Identifier: Apache-2.0
#include "finnr/cost/core_cells.h"

#include <gtest/gtest.h>

namespace finnr {
namespace {

TEST(HeapCells, CountsWhatTheLibraryInstantiates) {
  // Two rows need nothing.
  EXPECT_EQ(heap_cells({2, 2, 1}, 2, 2, 1).luts, 0);
  EXPECT_EQ(heap_cells({2, 2, 1}, 2, 2, 1).registers, 5);
  // Three bits of one column: a full adder.
  EXPECT_EQ(heap_cells({3, 0}, 2, 2, 0).luts, 1);
  // Six bits: a pair of a counter, two LUTs; twelve: two pairs.
  EXPECT_EQ(heap_cells({6, 0, 0}, 2, 2, 0).luts, 2);
  EXPECT_EQ(heap_cells({12, 0, 0, 0}, 2, 2, 0).luts, 4);
  // Thirteen bits over three columns share a chain and its carry in: five bits are left.
  EXPECT_EQ(heap_cells({7, 0, 6, 0, 0}, 2, 2, 1).luts, 4);
}

UnitShape xnor(std::int64_t simd, std::int64_t beats) {
  return {"mvu",
          {{"Mw", simd * beats},
           {"Mh", 100},
           {"Pe", 1},
           {"Simd", simd},
           {"XKind", 2},
           {"WKind", 2},
           {"AccBits", 7},
           {"Core", 1},
           {"WeightStyle", 1}}};
}

/// docs/synthesis.md: LUTs of a product, to three rows and with the last adder.
TEST(CoreCells, XnorCountsAreThoseOfSynthesis) {
  const CoreShape core = core_shape(xnor(96, 4), 6);
  EXPECT_EQ(core.form, CoreForm::kGates);
  const double each = static_cast<double>(core_cells(core).luts) / 96;
  EXPECT_GT(each, 0.9);
  EXPECT_LT(each, 1.15);
  EXPECT_EQ(core_shape(xnor(96, 4), 4).form, CoreForm::kOperators) << "no such cells in a family of 4 inputs";
}

/// The first layer of CNV with all its inputs at once: eight bits by one.
TEST(CoreCells, OneBipolarOperandTakesAChainForTwoProducts) {
  const UnitShape shape{
      "mvu",
      {{"Mw", 27}, {"Mh", 64}, {"Pe", 1}, {"Simd", 27}, {"XBits", 8}, {"WKind", 2}, {"AccBits", 14}, {"Core", 1}, {"WeightStyle", 1}}};
  EXPECT_EQ(core_cells(core_shape(shape, 6)).luts, 196 + 14) << "with the adder of 14 bits";
}

/// Sixty-four channels choose among eight sums of four inputs; alone each would add eight bits of all of them.
TEST(CoreCells, ConstantWeightsOfManyChannelsShareSums) {
  UnitShape shape{
      "mvu",
      {{"Mw", 27}, {"Mh", 64}, {"Pe", 64}, {"Simd", 27}, {"XBits", 8}, {"WKind", 2}, {"AccBits", 17}, {"Core", 1}, {"WeightStyle", 1}}};
  const CoreShape core = core_shape(shape, 6);
  EXPECT_EQ(core.form, CoreForm::kConstants);
  EXPECT_NEAR(static_cast<double>(core_cells(core).luts), 4420, 0.03 * 4420) << "synthesised with random weights";
  shape.numbers["XBits"] = 2;
  shape.numbers["Mw"] = shape.numbers["Simd"] = 64;
  EXPECT_NEAR(static_cast<double>(core_cells(core_shape(shape, 6)).luts), 4356, 0.03 * 4356);
}

TEST(CoreCells, SlicesHoldSeveralChannels) {
  UnitShape shape{"mvu",
                  {{"Mw", 8},
                   {"Mh", 12},
                   {"Pe", 6},
                   {"Simd", 4},
                   {"XBits", 4},
                   {"WBits", 4},
                   {"WKind", 1},
                   {"AccBits", 14},
                   {"Core", 2},
                   {"WeightStyle", 1}}};
  EXPECT_EQ(core_slices(core_shape(shape, 6)), 8) << "three channels of 4 by 4 bits a slice of 25 bits";
  shape.numbers["Pe"] = 4;
  EXPECT_EQ(core_slices(core_shape(shape, 6)), 8) << "the fourth channel has a slice of its own";
}

}  // namespace
}  // namespace finnr
