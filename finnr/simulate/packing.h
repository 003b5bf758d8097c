// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "finnr/hardware/bundle.h"
#include "finnr/tensor/int_type.h"
#include "finnr/tensor/tensor.h"

namespace finnr {

/// How the elements of a frame lie in the beats of a stream. A vector's elements take consecutive lanes, lane 0 in the
/// low bits, each in element.bits() bits: bipolar +1 is 1, negative numbers are two's complement. A beat is kept in whole
/// 32-bit words, least first.
struct BeatFormat {
  IntType element;
  int lanes = 1;
  std::int64_t vectors = 1;
  std::int64_t channels = 0;  ///< real elements of a vector
  std::int64_t padded = 0;    ///< elements of a vector on the stream, a multiple of lanes
  int beat_bits = 8;          ///< of the signal that carries a beat
  Layout layout;              ///< which elements of the value the real ones are, in their order

  [[nodiscard]] int words() const { return (beat_bits + 31) / 32; }              ///< a beat
  [[nodiscard]] std::int64_t beats() const { return vectors * padded / lanes; }  ///< a frame
  [[nodiscard]] std::int64_t elements() const { return vectors * channels; }     ///< a frame, real ones
  [[nodiscard]] std::int64_t frame_words() const { return beats() * words(); }
};

/// Float ports carry 32-bit patterns.
BeatFormat beat_format(const Port& port);
BeatFormat beat_format(const Tap& tap);

/// What the stream makes of a number: itself when the element type has room for it.
std::int64_t carried(const IntType& element, std::int64_t number);

/// The beats of one frame, appended to `words`; padding is 0. `frame` is the value in row-major order. Bits of an element
/// above its width are dropped.
void pack(const BeatFormat& format, std::span<const std::int64_t> frame, std::vector<std::uint32_t>& words);

/// The real elements of the beats of a frame, as the value in row-major order. A frame cut short gives the elements that
/// came, in the order of the stream.
Tensor::Ints unpack(const BeatFormat& format, std::span<const std::uint32_t> words);

/// The beats of a stream, frame after frame. The last frame may be cut short.
struct Recording {
  BeatFormat format;
  std::vector<std::uint32_t> words;

  /// Frames of which there are beats.
  [[nodiscard]] std::int64_t frames() const { return (std::ssize(words) + format.frame_words() - 1) / format.frame_words(); }
  [[nodiscard]] std::span<const std::uint32_t> beats_of(std::int64_t frame) const;
  [[nodiscard]] Tensor::Ints frame(std::int64_t index) const { return unpack(format, beats_of(index)); }
};

/// Two frames of one stream, side by side; padding may differ, and what only one of them has is not compared.
struct Comparison {
  std::int64_t equal = 0;  ///< elements in front of the first that differs, in the order of the stream
  bool differs = false;
  std::int64_t element = 0;  ///< of the value in row-major order, when it differs
  std::int64_t left = 0;
  std::int64_t right = 0;
};
Comparison compare(const BeatFormat& format, std::span<const std::uint32_t> left, std::span<const std::uint32_t> right);

}  // namespace finnr
