// SPDX-License-Identifier: Apache-2.0
#include "finnr/simulate/packing.h"

#include <gtest/gtest.h>

#include <algorithm>

#include "finnr/base/rng.h"

namespace finnr {
namespace {

using Words = std::vector<std::uint32_t>;

TEST(Packing, LaneZeroIsLowestAndBipolarPlusOneIsOne) {
  const BeatFormat format{IntType::bipolar_type(), 4, 1, 6, 8, 8, {}};
  Words words;
  pack(format, Tensor::Ints{1, -1, -1, 1, -1, 1}, words);
  EXPECT_EQ(words, (Words{0b1001, 0b0010}));
  EXPECT_EQ(unpack(format, words), (Tensor::Ints{1, -1, -1, 1, -1, 1}));
}

TEST(Packing, PaddingIsSentAsZeroAndIgnoredWhenReceived) {
  const BeatFormat format{IntType{-2, 1}, 2, 2, 3, 4, 4, {}};
  Words words;
  pack(format, Tensor::Ints{-2, 1, -1, 0, 1, -2}, words);
  EXPECT_EQ(words, (Words{0b0110, 0b0011, 0b0100, 0b0010}));
  words[1] |= 0b1000U;
  words[3] |= 0b0100U;
  EXPECT_EQ(unpack(format, words), (Tensor::Ints{-2, 1, -1, 0, 1, -2}));
}

TEST(Packing, ElementsCrossWords) {
  const BeatFormat format{IntType{-64, 64}, 9, 1, 9, 9, 72, {}};
  Words words;
  const Tensor::Ints frame{-64, 64, -1, 0, 1, 63, -63, 2, -2};
  pack(format, frame, words);
  ASSERT_EQ(words.size(), 3U);
  EXPECT_EQ(words[0] & 0xFFU, 0xC0U);  // eight bits: 64 does not fit seven
  EXPECT_EQ(unpack(format, words), frame);
}

TEST(Packing, PartOfAFrame) {
  const BeatFormat format{IntType{0, 15}, 2, 2, 3, 4, 8, {}};
  EXPECT_EQ(unpack(format, Words{0x21, 0xF3, 0x54}), (Tensor::Ints{1, 2, 3, 4, 5}));
}

TEST(Packing, ALayoutSendsAnImagePixelByPixel) {
  const BeatFormat format{IntType{0, 15}, 1, 4, 3, 3, 4, Layout::channels_last({1, 3, 2, 2})};
  const Tensor::Ints image{0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11};
  Words words;
  pack(format, image, words);
  EXPECT_EQ(words, (Words{0, 4, 8, 1, 5, 9, 2, 6, 10, 3, 7, 11}));
  EXPECT_EQ(unpack(format, words), image);
  words.resize(4);
  EXPECT_EQ(unpack(format, words), (Tensor::Ints{0, 4, 8, 1})) << "part of a frame, in the order of the stream";
}

TEST(Packing, EveryNestOfLoopsRoundTrips) {
  Rng rng(3);
  const Shape shape{2, 3, 4, 5};
  std::vector<int> axes{0, 1, 2, 3};
  do {
    const BeatFormat format{IntType{-3, 60}, 4, 24, 5, 8, 28, Layout::of_axes(shape, axes)};
    Tensor::Ints frame;
    for (std::int64_t i = 0; i < 120; ++i) frame.push_back(rng.between(-3, 60));
    Words words;
    pack(format, frame, words);
    EXPECT_EQ(unpack(format, words), frame);
    const auto order = format.layout.is_row_major() ? std::vector<std::int64_t>{} : format.layout.order();
    if (!order.empty()) {
      EXPECT_EQ(unpack({format.element, 4, 24, 5, 8, 28, {}}, words)[77], frame[static_cast<std::size_t>(order[77])]);
    }
  } while (std::next_permutation(axes.begin(), axes.end()));
}

TEST(Packing, ComparingIgnoresPaddingAndFindsTheElement) {
  const BeatFormat format{IntType{-2, 1}, 2, 2, 3, 4, 4, {{{1, 2}, {2, 3}}}};
  const Tensor::Ints frame{-2, 1, -1, 0, 1, -2};
  Words expected;
  pack(format, frame, expected);
  Words got = expected;
  got[1] |= 0b1000U;
  got[3] |= 0b0100U;
  Comparison comparison = compare(format, expected, got);
  EXPECT_FALSE(comparison.differs);
  EXPECT_EQ(comparison.equal, 6);
  got[2] ^= 0b0100U;
  comparison = compare(format, expected, got);
  EXPECT_TRUE(comparison.differs);
  EXPECT_EQ(comparison.equal, 4);
  EXPECT_EQ(comparison.element, 3);
  EXPECT_EQ(comparison.left, 0);
  EXPECT_EQ(comparison.right, 1);
  got.resize(2);
  EXPECT_EQ(compare(format, expected, got).equal, 3);
}

TEST(Packing, ARecordingKnowsItsFrames) {
  Recording recording{{IntType{0, 15}, 2, 2, 3, 4, 8, {}}, {0x21, 0x03, 0x54, 0x06, 0x87}};
  EXPECT_EQ(recording.frames(), 2);
  EXPECT_EQ(recording.frame(0), (Tensor::Ints{1, 2, 3, 4, 5, 6}));
  EXPECT_EQ(recording.frame(1), (Tensor::Ints{7, 8}));
  EXPECT_EQ(recording.frame(2), Tensor::Ints());
}

TEST(Packing, CarriedIsWhatThereIsRoomFor) {
  EXPECT_EQ(carried({0, 5}, 7), 7);
  EXPECT_EQ(carried({0, 5}, 8), 0);
  EXPECT_EQ(carried({-4, 3}, 4), -4);
  EXPECT_EQ(carried(IntType::bipolar_type(), 0), -1);
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
      const BeatFormat format{type, lanes, rng.between(1, 3), channels, (channels + lanes - 1) / lanes * lanes, lanes * type.bits(), {}};
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
