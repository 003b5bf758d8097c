// SPDX-License-Identifier: Apache-2.0
#include "finnr/simulate/packing.h"

#include <gtest/gtest.h>

#include "finnr/base/rng.h"

namespace finnr {
namespace {

using Words = std::vector<std::uint32_t>;

TEST(Packing, LaneZeroIsLowestAndBipolarPlusOneIsOne) {
  const BeatFormat format{IntType::bipolar_type(), 4, 1, 6, 8, 8};
  Words words;
  pack(format, Tensor::Ints{1, -1, -1, 1, -1, 1}, words);
  EXPECT_EQ(words, (Words{0b1001, 0b0010}));
  EXPECT_EQ(unpack(format, words), (Tensor::Ints{1, -1, -1, 1, -1, 1}));
}

TEST(Packing, PaddingIsSentAsZeroAndIgnoredWhenReceived) {
  const BeatFormat format{IntType{-2, 1}, 2, 2, 3, 4, 4};
  Words words;
  pack(format, Tensor::Ints{-2, 1, -1, 0, 1, -2}, words);
  EXPECT_EQ(words, (Words{0b0110, 0b0011, 0b0100, 0b0010}));
  words[1] |= 0b1000U;
  words[3] |= 0b0100U;
  EXPECT_EQ(unpack(format, words), (Tensor::Ints{-2, 1, -1, 0, 1, -2}));
}

TEST(Packing, ElementsCrossWords) {
  const BeatFormat format{IntType{-64, 64}, 9, 1, 9, 9, 72};
  Words words;
  const Tensor::Ints frame{-64, 64, -1, 0, 1, 63, -63, 2, -2};
  pack(format, frame, words);
  ASSERT_EQ(words.size(), 3U);
  EXPECT_EQ(words[0] & 0xFFU, 0xC0U);  // eight bits: 64 does not fit seven
  EXPECT_EQ(unpack(format, words), frame);
}

TEST(Packing, PartOfAFrame) {
  const BeatFormat format{IntType{0, 15}, 2, 2, 3, 4, 8};
  EXPECT_EQ(unpack(format, Words{0x21, 0xF3, 0x54}), (Tensor::Ints{1, 2, 3, 4, 5}));
}

TEST(Packing, FloatPatternsPass) {
  Port port;
  port.is_float = true;
  port.lanes = 2;
  port.channels = 2;
  port.padded = 2;
  port.data_bits = 64;
  Words words;
  pack(beat_format(port), Tensor::Ints{0x7FC00001, 0x80000000}, words);
  EXPECT_EQ(words, (Words{0x7FC00001, 0x80000000}));
  EXPECT_EQ(unpack(beat_format(port), words), (Tensor::Ints{0x7FC00001, 0x80000000}));
}

TEST(Packing, EveryWidthRoundTrips) {
  Rng rng(5);
  for (int bits = 1; bits <= 64; ++bits) {
    for (const bool is_signed : {false, true}) {
      if (bits == 64 && !is_signed) continue;
      const IntType type = IntType::of_bits(bits, is_signed);
      const auto lanes = static_cast<int>(rng.between(1, 7));
      const std::int64_t channels = rng.between(1, 20);
      const BeatFormat format{type, lanes, rng.between(1, 3), channels, (channels + lanes - 1) / lanes * lanes, lanes * type.bits()};
      Tensor::Ints frame;
      for (std::int64_t i = 0; i < format.elements(); ++i) frame.push_back(type.wrap(static_cast<std::int64_t>(rng.next())));
      frame[0] = type.lo;
      frame.back() = type.hi;
      Words words;
      pack(format, frame, words);
      EXPECT_EQ(words.size(), static_cast<std::size_t>(format.beats() * format.words()));
      EXPECT_EQ(unpack(format, words), frame) << bits << is_signed;
    }
  }
}

}  // namespace
}  // namespace finnr
