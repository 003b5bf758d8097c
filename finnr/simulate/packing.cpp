// SPDX-License-Identifier: Apache-2.0
// Elements to beats and back, one element at a time: a cursor of bits in little-endian words.
#include "finnr/simulate/packing.h"

#include <algorithm>

#include "finnr/base/check.h"

namespace finnr {
namespace {

std::uint64_t low_bits(int bits) { return bits >= 64 ? ~std::uint64_t{0} : (std::uint64_t{1} << bits) - 1; }

void put(std::span<std::uint32_t> words, std::int64_t at, int bits, std::uint64_t code) {
  for (int done = 0; done < bits;) {
    const auto bit = static_cast<int>((at + done) % 32);
    const int take = std::min(32 - bit, bits - done);
    words[static_cast<std::size_t>((at + done) / 32)] |= static_cast<std::uint32_t>(((code >> done) & low_bits(take)) << bit);
    done += take;
  }
}

std::uint64_t get(std::span<const std::uint32_t> words, std::int64_t at, int bits) {
  std::uint64_t code = 0;
  for (int done = 0; done < bits;) {
    const auto bit = static_cast<int>((at + done) % 32);
    const int take = std::min(32 - bit, bits - done);
    code |= (std::uint64_t{words[static_cast<std::size_t>((at + done) / 32)] >> bit} & low_bits(take)) << done;
    done += take;
  }
  return code;
}

std::uint64_t encode(const IntType& type, std::int64_t value) {
  if (type.bipolar) return value > 0 ? 1 : 0;
  return static_cast<std::uint64_t>(value) & low_bits(type.bits());
}

std::int64_t decode(const IntType& type, std::uint64_t code) {
  if (type.bipolar) return code != 0 ? 1 : -1;
  const int bits = type.bits();
  const bool negative = type.is_signed() && ((code >> (bits - 1)) & 1) != 0;
  return static_cast<std::int64_t>(negative ? code | ~low_bits(bits) : code);
}

}  // namespace

BeatFormat beat_format(const Port& port) {
  IntType element = port.element;
  if (port.is_float && element.bits() != 32) element = IntType::of_bits(32, false);
  return {element, port.lanes, port.vectors, port.channels, port.padded, port.data_bits};
}

BeatFormat beat_format(const Tap& tap) {
  return {tap.element, tap.lanes, tap.vectors, tap.channels, tap.padded, tap.lanes * tap.element.bits()};
}

void pack(const BeatFormat& format, std::span<const std::int64_t> frame, std::vector<std::uint32_t>& words) {
  FINNR_CHECK(static_cast<std::int64_t>(frame.size()) == format.elements(), "a frame holds the elements of its stream");
  const int bits = format.element.bits();
  std::size_t next = 0;
  for (std::int64_t vector = 0; vector < format.vectors; ++vector) {
    for (std::int64_t at = 0; at < format.padded; at += format.lanes) {
      const std::size_t beat = words.size();
      words.resize(beat + static_cast<std::size_t>(format.words()), 0);
      const std::int64_t real = std::clamp<std::int64_t>(format.channels - at, 0, format.lanes);
      for (std::int64_t lane = 0; lane < real; ++lane)
        put(std::span(words).subspan(beat), lane * bits, bits, encode(format.element, frame[next++]));
    }
  }
}

Tensor::Ints unpack(const BeatFormat& format, std::span<const std::uint32_t> words) {
  const int bits = format.element.bits();
  const auto stride = static_cast<std::size_t>(format.words());
  Tensor::Ints elements;
  elements.reserve(words.size() / stride * static_cast<std::size_t>(format.lanes));
  std::int64_t at = 0;  // of this beat's lane 0 in its vector
  for (std::size_t beat = 0; beat + stride <= words.size(); beat += stride) {
    const std::int64_t real = std::clamp<std::int64_t>(format.channels - at, 0, format.lanes);
    for (std::int64_t lane = 0; lane < real; ++lane)
      elements.push_back(decode(format.element, get(words.subspan(beat, stride), lane * bits, bits)));
    at = (at + format.lanes) % format.padded;
  }
  return elements;
}

}  // namespace finnr
