// SPDX-License-Identifier: Apache-2.0
// Elements to beats and back: a window of 64 bits moves over the words of a beat, and a counter of nested loops over the
// elements of the value. A frame may have a million elements on each of dozens of streams, so that comparing works on whole
// words and looks for the element only where they differ.
#include "finnr/simulate/packing.h"

#include <algorithm>
#include <iterator>

#include "finnr/base/check.h"

namespace finnr {
namespace {

std::uint64_t low_bits(int bits) { return bits >= 64 ? ~std::uint64_t{0} : (std::uint64_t{1} << bits) - 1; }

std::uint64_t encode(const IntType& type, int bits, std::int64_t value) {
  if (type.bipolar) return value > 0 ? 1 : 0;
  return static_cast<std::uint64_t>(value) & low_bits(bits);
}

/// Elements of a type with the parts of decoding that do not depend on the code.
struct Decoder {
  explicit Decoder(const IntType& type)
      : bipolar(type.bipolar), sign(type.is_signed() && !type.bipolar ? std::uint64_t{1} << (type.bits() - 1) : 0) {}
  std::int64_t operator()(std::uint64_t code) const {
    if (bipolar) return code != 0 ? 1 : -1;
    return static_cast<std::int64_t>((code ^ sign) - sign);
  }
  bool bipolar;
  std::uint64_t sign;
};

/// The flat indices of a layout, one after the other.
class Walk {
 public:
  explicit Walk(const Layout& layout) {
    if (layout.is_row_major()) return;
    for (auto loop = layout.loops.rbegin(); loop != layout.loops.rend(); ++loop) digits_.push_back({loop->stride, loop->size, 0});
    inner_ = digits_[0];
    digits_.erase(digits_.begin());
  }

  std::int64_t next() {
    const std::int64_t now = at_;
    at_ += inner_.stride;
    if (++inner_.count == inner_.size) carry();
    return now;
  }

 private:
  struct Digit {
    std::int64_t stride = 1;
    std::int64_t size = 0;  // 0 has no end
    std::int64_t count = 0;
  };
  void carry() {
    at_ -= inner_.stride * inner_.size;
    inner_.count = 0;
    for (Digit& digit : digits_) {
      at_ += digit.stride;
      if (++digit.count < digit.size) return;
      at_ -= digit.stride * digit.size;
      digit.count = 0;
    }
  }
  Digit inner_;
  std::vector<Digit> digits_;
  std::int64_t at_ = 0;
};

/// Appends codes to a beat.
class Writer {
 public:
  explicit Writer(std::uint32_t* words) : to_(words) {}
  void put(int bits, std::uint64_t code) {
    if (bits > 32) {
      put(32, code & 0xFFFFFFFFU);
      code >>= 32;
      bits -= 32;
    }
    window_ |= code << filled_;
    filled_ += bits;
    if (filled_ < 32) return;
    *to_++ = static_cast<std::uint32_t>(window_);
    window_ >>= 32;
    filled_ -= 32;
  }
  void finish() {
    if (filled_ > 0) *to_ = static_cast<std::uint32_t>(window_);
  }

 private:
  std::uint32_t* to_;
  std::uint64_t window_ = 0;
  int filled_ = 0;
};

/// Takes codes from a beat.
class Reader {
 public:
  explicit Reader(const std::uint32_t* words) : from_(words) {}
  std::uint64_t get(int bits) {
    if (bits > 32) {
      const std::uint64_t low = get(32);
      return low | (get(bits - 32) << 32);
    }
    if (filled_ < bits) {
      window_ |= std::uint64_t{*from_++} << filled_;
      filled_ += 32;
    }
    const std::uint64_t code = window_ & low_bits(bits);
    window_ >>= bits;
    filled_ -= bits;
    return code;
  }

 private:
  const std::uint32_t* from_;
  std::uint64_t window_ = 0;
  int filled_ = 0;
};

/// visit(beat, real lanes) for `beats` beats that begin with a frame.
template <class Visit>
void for_each_beat(const BeatFormat& format, std::int64_t beats, Visit&& visit) {
  std::int64_t at = 0;  // of the beat's lane 0 in its vector
  for (std::int64_t beat = 0; beat < beats; ++beat) {
    visit(beat, std::clamp<std::int64_t>(format.channels - at, 0, format.lanes));
    at += format.lanes;
    if (at == format.padded) at = 0;
  }
}

/// Elements in so many beats that begin with a frame.
std::int64_t elements_of(const BeatFormat& format, std::int64_t beats) {
  const std::int64_t per_vector = format.padded / format.lanes;
  return beats / per_vector * format.channels + std::min(format.channels, beats % per_vector * format.lanes);
}

std::int64_t beats_in(const BeatFormat& format, std::span<const std::uint32_t> words) {
  return std::min(format.beats(), std::ssize(words) / format.words());
}

std::uint32_t mask_word(std::int64_t bits) {
  return static_cast<std::uint32_t>(low_bits(static_cast<int>(std::clamp<std::int64_t>(bits, 0, 32))));
}

bool same_words(const BeatFormat& format, std::int64_t beats, const std::uint32_t* left, const std::uint32_t* right) {
  const int words = format.words();
  const int bits = format.element.bits();
  if (std::equal(left, left + beats * words, right)) return true;
  bool same = true;
  for_each_beat(format, beats, [&](std::int64_t beat, std::int64_t real) {
    std::uint32_t differs = 0;
    for (int i = 0; i < words; ++i) differs |= (left[beat * words + i] ^ right[beat * words + i]) & mask_word(real * bits - 32 * i);
    same = same && differs == 0;
  });
  return same;
}

}  // namespace

BeatFormat beat_format(const Port& port) {
  IntType element = port.element;
  if (port.is_float && element.bits() != 32) element = IntType::of_bits(32, false);
  return {element, port.lanes, port.vectors, port.channels, port.padded, port.data_bits, port.layout};
}

BeatFormat beat_format(const Tap& tap) {
  return {tap.element, tap.lanes, tap.vectors, tap.channels, tap.padded, tap.lanes * tap.element.bits(), tap.layout};
}

std::int64_t carried(const IntType& element, std::int64_t number) { return Decoder(element)(encode(element, element.bits(), number)); }

void pack(const BeatFormat& format, std::span<const std::int64_t> frame, std::vector<std::uint32_t>& words) {
  FINNR_CHECK(std::ssize(frame) == format.elements(), "a frame holds the elements of its stream");
  const IntType type = format.element;
  const int bits = type.bits();
  const std::size_t begin = words.size();
  words.resize(begin + static_cast<std::size_t>(format.frame_words()), 0);
  Walk walk(format.layout);
  for_each_beat(format, format.beats(), [&](std::int64_t beat, std::int64_t real) {
    Writer writer(words.data() + begin + beat * format.words());
    for (std::int64_t lane = 0; lane < real; ++lane) writer.put(bits, encode(type, bits, frame[static_cast<std::size_t>(walk.next())]));
    writer.finish();
  });
}

Tensor::Ints unpack(const BeatFormat& format, std::span<const std::uint32_t> words) {
  const int bits = format.element.bits();
  const Decoder decode(format.element);
  const std::int64_t beats = beats_in(format, words);
  Tensor::Ints elements(static_cast<std::size_t>(elements_of(format, beats)));
  Walk walk(beats == format.beats() ? format.layout : Layout{});
  for_each_beat(format, beats, [&](std::int64_t beat, std::int64_t real) {
    Reader reader(words.data() + beat * format.words());
    for (std::int64_t lane = 0; lane < real; ++lane) elements[static_cast<std::size_t>(walk.next())] = decode(reader.get(bits));
  });
  return elements;
}

std::span<const std::uint32_t> Recording::beats_of(std::int64_t frame) const {
  const std::int64_t begin = std::min(std::ssize(words), frame * format.frame_words());
  const std::int64_t size = std::min(std::ssize(words) - begin, format.frame_words());
  return std::span(words).subspan(static_cast<std::size_t>(begin), static_cast<std::size_t>(size));
}

Comparison compare(const BeatFormat& format, std::span<const std::uint32_t> left, std::span<const std::uint32_t> right) {
  const std::int64_t beats = std::min(beats_in(format, left), beats_in(format, right));
  Comparison result;
  if (same_words(format, beats, left.data(), right.data())) {
    result.equal = elements_of(format, beats);
    return result;
  }
  const int bits = format.element.bits();
  const Decoder decode(format.element);
  Walk walk(format.layout);
  for_each_beat(format, beats, [&](std::int64_t beat, std::int64_t real) {
    Reader a(left.data() + beat * format.words());
    Reader b(right.data() + beat * format.words());
    for (std::int64_t lane = 0; lane < real && !result.differs; ++lane) {
      result.element = walk.next();
      result.left = decode(a.get(bits));
      result.right = decode(b.get(bits));
      result.differs = result.left != result.right;
      if (!result.differs) ++result.equal;
    }
  });
  return result;
}

}  // namespace finnr
