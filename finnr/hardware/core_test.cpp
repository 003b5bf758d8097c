// SPDX-License-Identifier: Apache-2.0
#include "finnr/hardware/core.h"

#include <gtest/gtest.h>

namespace finnr {
namespace {

constexpr IntType kBipolar{-1, 1, true};
constexpr IntType kUint2{0, 3, false};
constexpr IntType kInt4{-8, 7, false};
constexpr IntType kUint8{0, 255, false};

Steps one_threshold(const IntType& codes) {
  return {std::make_shared<const Tensor>(Shape{1, 1}, Tensor::Ints{3}), std::make_shared<const Tensor>(Shape{1}, Tensor::Ints{0}),
          std::make_shared<const Tensor>(Shape{1, 1}, Tensor::Ints{1}), codes};
}

TEST(Core, NamesAreReadBack) {
  for (const Core core : {Core::kOperators, Core::kLut, Core::kDsp}) EXPECT_EQ(find_core(to_text(core)), core);
  EXPECT_EQ(find_core("auto"), std::nullopt);
}

TEST(Core, IsChosenByTheOperands) {
  EXPECT_EQ(choose_core(kBipolar, kBipolar, true), Core::kLut);
  EXPECT_EQ(choose_core(kUint8, kBipolar, true), Core::kLut);
  EXPECT_EQ(choose_core(kUint2, kUint2, true), Core::kLut);
  EXPECT_EQ(choose_core(kInt4, kInt4, true), Core::kDsp) << "several products a slice";
  EXPECT_EQ(choose_core(kInt4, kInt4, false), Core::kLut) << "no channels share an input";
  EXPECT_EQ(choose_core(kUint8, kInt4, true), Core::kDsp);
  EXPECT_EQ(choose_core(kUint8, kInt4, false), Core::kOperators);
  EXPECT_EQ(choose_core(kInt4, kUint8, true), Core::kOperators) << "slices pack signed weights";
}

TEST(Core, ChannelsShareASlice) {
  EXPECT_EQ(slice_channels(kInt4.bits(), kInt4.bits()), 4) << "weights stand 7 bits apart in 27";
  EXPECT_EQ(slice_channels(kUint8.bits(), kInt4.bits()), 3);
  EXPECT_EQ(slice_channels(kUint8.bits(), IntType{-128, 127, false}.bits()), 2);
  EXPECT_EQ(slice_channels(16, 16), 1);
}

TEST(Core, RegistersCutTheLevelsOfATreeOfAdders) {
  EXPECT_EQ(core_registers(32, 0), 1);
  EXPECT_EQ(core_registers(32, 1), 6) << "products and five levels of sums";
  EXPECT_EQ(core_registers(32, 2), 3);
  EXPECT_EQ(core_registers(33, 2), 4);
  EXPECT_EQ(core_registers(32, 20), 1);
  EXPECT_EQ(core_registers(1, 1), 1);
  EXPECT_EQ(core_registers(2, 1), 2);
}

TEST(Core, LatencyCountsEveryRegister) {
  Mvu mvu;
  mvu.mw = mvu.simd = 8;
  EXPECT_EQ(core_latency(mvu), 2) << "inputs, dot product";
  mvu.mw = 16;
  EXPECT_EQ(core_latency(mvu), 3) << "and the accumulator";
  mvu.steps = one_threshold(kUint2);
  EXPECT_EQ(core_latency(mvu), 5) << "and two of the thresholds";
  EXPECT_EQ(pipeline_of(mvu).mac, 3);
  mvu.pipeline = 2;
  EXPECT_EQ(core_latency(mvu), 7) << "one behind the memory, and one in the tree";
  mvu.x = mvu.w = kBipolar;
  mvu.pipeline = 0;
  EXPECT_EQ(core_latency(mvu), 5) << "a code of two bits is compared for";
  mvu.steps = one_threshold({0, 1, false});
  EXPECT_EQ(core_latency(mvu), 3) << "the accumulator starts at minus the threshold";
  Vvu vvu;
  vvu.kernel = 9;
  vvu.simd = 3;
  EXPECT_EQ(core_latency(vvu), 3);
  vvu.pipeline = 1;
  EXPECT_EQ(core_latency(vvu), 6);
}

TEST(Core, FewWordsOfSignsAreConstants) {
  const IntType sign{-1, 1, true};
  EXPECT_TRUE(merges_weights(sign, sign, Core::kLut, 2));
  EXPECT_TRUE(merges_weights(sign, sign, Core::kLut, 8));
  EXPECT_FALSE(merges_weights(sign, sign, Core::kLut, 9)) << "four bits of an address";
  EXPECT_FALSE(merges_weights(sign, sign, Core::kLut, 1)) << "one word needs no address: it is unrolled";
  EXPECT_FALSE(merges_weights(sign, sign, Core::kOperators, 8));
  EXPECT_FALSE(merges_weights({0, 3, false}, sign, Core::kLut, 8)) << "two bits of an input";
}

}  // namespace
}  // namespace finnr
