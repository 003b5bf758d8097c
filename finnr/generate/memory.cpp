// SPDX-License-Identifier: Apache-2.0
#include "finnr/generate/memory.h"

#include <algorithm>

#include "finnr/base/integers.h"

namespace finnr {

void MemoryImage::put(std::uint64_t value, int bits) {
  for (int i = 0; i < bits; ++i, ++at_) {
    if (((value >> i) & 1U) != 0) word_[at_ / 4] = static_cast<std::uint8_t>(word_[at_ / 4] | (1U << (at_ % 4)));
  }
}

void MemoryImage::end_word() {
  for (auto digit = word_.rbegin(); digit != word_.rend(); ++digit) text_ += "0123456789abcdef"[*digit];
  text_ += '\n';
  std::ranges::fill(word_, std::uint8_t{0});
  at_ = 0;
}

std::string threshold_image(const HardwareSteps& steps, std::int64_t channels, int pe) {
  MemoryImage image(steps.entry_bits() * pe);
  for (std::int64_t channel = 0; channel < channels; ++channel) {
    for (const Field& field : threshold_entry(steps, channel)) image.put(field.value, field.bits);
    if ((channel + 1) % pe == 0) image.end_word();
  }
  return image.text();
}

std::string table_image(const Threshold& unit, std::int64_t channels, int pe) {
  const int bits = unit.x.bits();
  const int out_bits = unit.steps.codes.bits();
  const bool shared = channels == 0;
  const int lanes = shared ? 1 : pe;
  MemoryImage image(std::int64_t{out_bits} * lanes);
  for (std::int64_t fold = 0; fold < (shared ? 1 : channels / pe); ++fold) {
    for (std::int64_t pattern = 0; pattern < (std::int64_t{1} << bits); ++pattern) {
      std::int64_t x = unit.x.is_signed() && (pattern >> (bits - 1)) != 0 ? pattern - (std::int64_t{1} << bits) : pattern;
      if (unit.x.bipolar) x = 2 * pattern - 1;
      for (int p = 0; p < lanes; ++p) {
        const std::int64_t row = shared ? 0 : fold * pe + p;
        image.put(row < unit.channels ? static_cast<std::uint64_t>(unit.steps.level(row, x)) : 0, out_bits);
      }
      image.end_word();
    }
  }
  return image.text();
}

namespace {

void put_weight(MemoryImage& image, const IntType& type, std::int64_t weight) {
  image.put(type.bipolar ? (weight > 0 ? 1U : 0U) : static_cast<std::uint64_t>(weight), type.bits());
}

}  // namespace

std::string weight_image(const Mvu& mvu) {
  const Tensor::Ints& weights = mvu.weights->ints();
  const std::int64_t inputs = mvu.weights->shape()[0];
  const std::int64_t columns = mvu.weights->shape()[1];
  const std::int64_t outputs = columns / mvu.groups;
  const std::int64_t padding = mvu.w.bipolar ? 1 : 0;
  MemoryImage image(std::int64_t{mvu.pe} * mvu.simd * mvu.w.bits());
  for (std::int64_t group = 0; group < mvu.groups; ++group) {
    for (std::int64_t row = 0; row < mvu.mh; row += mvu.pe) {
      for (std::int64_t column = 0; column < mvu.mw; column += mvu.simd) {
        for (std::int64_t channel = row; channel < row + mvu.pe; ++channel) {
          for (std::int64_t input = column; input < column + mvu.simd; ++input) {
            const std::int64_t read = group * outputs + (channel < outputs ? channel : 0);
            put_weight(image, mvu.w, input < inputs ? weights[static_cast<std::size_t>(input * columns + read)] : padding);
          }
        }
        image.end_word();
      }
    }
  }
  return image.text();
}

std::string weight_image(const Vvu& vvu) {
  MemoryImage image(std::int64_t{vvu.pe} * vvu.simd * vvu.w.bits());
  for (std::int64_t first = 0; first < vvu.channels; first += vvu.pe) {
    for (std::int64_t element = 0; element < vvu.kernel; element += vvu.simd) {
      for (std::int64_t channel = first; channel < first + vvu.pe; ++channel) {
        for (std::int64_t k = element; k < element + vvu.simd; ++k)
          put_weight(image, vvu.w, vvu.weights->ints()[static_cast<std::size_t>(k * vvu.channels + channel)]);
      }
      image.end_word();
    }
  }
  return image.text();
}

std::string index_image(const std::vector<std::int64_t>& index, std::int64_t beats) {
  const int bits = IntType{0, std::max<std::int64_t>(1, beats - 1), false}.bits();
  MemoryImage image(bits);
  for (const std::int64_t beat : index) {
    image.put(static_cast<std::uint64_t>(beat), bits);
    image.end_word();
  }
  return image.text();
}

}  // namespace finnr
