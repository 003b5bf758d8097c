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

  [[nodiscard]] int words() const { return (beat_bits + 31) / 32; }              ///< a beat
  [[nodiscard]] std::int64_t beats() const { return vectors * padded / lanes; }  ///< a frame
  [[nodiscard]] std::int64_t elements() const { return vectors * channels; }     ///< a frame, real ones
};

/// Float ports carry 32-bit patterns.
BeatFormat beat_format(const Port& port);
BeatFormat beat_format(const Tap& tap);

/// The beats of one frame, appended to `words`; padding is 0. Bits of an element above its width are dropped.
void pack(const BeatFormat& format, std::span<const std::int64_t> frame, std::vector<std::uint32_t>& words);

/// The real elements of consecutive beats that begin with a frame; a number of beats that is no whole frame is fine.
Tensor::Ints unpack(const BeatFormat& format, std::span<const std::uint32_t> words);

}  // namespace finnr
