// SPDX-License-Identifier: Apache-2.0
#include "finnr/generate/memory.h"

#include <algorithm>

#include "finnr/base/integers.h"
#include "finnr/hardware/layers.h"

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

HardwareSteps hardware_steps(const Steps& steps, const IntType& x, std::int64_t xnor_inputs, std::int64_t padded_behind) {
  const auto compared = [&](std::int64_t a) {
    return xnor_inputs > 0 ? floor_div(a + xnor_inputs + 1, 2) : a;
  };  // least p with 2p - n >= a
  const std::int64_t lo = compared(x.lo);
  const std::int64_t never = compared(x.hi + 1);
  HardwareSteps result;
  result.never = never;
  result.width = steps.count();
  result.rows = std::max({steps.thresholds->shape()[0], steps.base->shape()[0], steps.signs->shape()[0], padded_behind});
  result.shared = result.rows == 1 && padded_behind == 0;
  const auto row_of = [&](const Tensor& table, std::int64_t row) { return table.shape()[0] == 1 ? 0 : row; };
  bool any_negative = false;
  bool mixed_row = false;
  for (std::int64_t row = 0; row < result.rows; ++row) {
    std::int64_t positive = 0;
    std::int64_t negative = 0;
    for (std::int64_t k = 0; k < result.width; ++k) {
      const std::int64_t t =
          compared(steps.thresholds->ints()[static_cast<std::size_t>(row_of(*steps.thresholds, row) * result.width + k)]);
      const std::int64_t sign = steps.signs->ints()[static_cast<std::size_t>(row_of(*steps.signs, row) * result.width + k)];
      result.thresholds.push_back(std::clamp(t, lo, never));  // outside the range: always or never, exactly
      result.signs.push_back(sign);
      if (t < never) ++(sign < 0 ? negative : positive);
    }
    any_negative = any_negative || negative > 0;
    mixed_row = mixed_row || (negative > 0 && positive > 0);
    result.base.push_back(steps.base->ints()[static_cast<std::size_t>(row_of(*steps.base, row))]);
  }
  StepFormat& format = result.format;
  const bool uniform_base = std::ranges::all_of(result.base, [&](std::int64_t b) { return b == result.base.front(); });
  format.base_in_memory = !uniform_base || (padded_behind > 0 && result.base.front() != 0);
  format.base = format.base_in_memory ? 0 : result.base.front();
  format.signs = mixed_row ? 1 : any_negative ? 2 : 0;
  format.out_bits = steps.codes.bits();
  format.is_signed = lo < 0;
  format.threshold_bits = IntType{lo, never, false}.bits();
  format.search = result.width > kMaxFusedSteps && !mixed_row;
  if (format.signs == 2) {  // one sign a channel: thresholds that are never reached follow the others
    for (std::int64_t row = 0; row < result.rows; ++row) {
      const auto first = result.signs.begin() + row * result.width;
      const auto reached = result.thresholds.begin() + row * result.width;
      std::int64_t sign = 1;
      for (std::int64_t k = 0; k < result.width; ++k) {
        if (reached[k] < never) sign = first[k];
      }
      std::fill(first, first + result.width, sign);
    }
  }
  return result;
}

std::string threshold_image(const HardwareSteps& steps, std::int64_t channels, int pe) {
  const StepFormat& format = steps.format;
  const auto sign_bits = format.signs == 1 ? steps.width : format.signs == 2 ? 1 : 0;
  const std::int64_t entry = steps.width * format.threshold_bits + sign_bits + (format.base_in_memory ? format.out_bits : 0);
  MemoryImage image(entry * pe);
  for (std::int64_t fold = 0; fold < channels / pe; ++fold) {
    for (int p = 0; p < pe; ++p) {
      const std::int64_t channel = fold * pe + p;
      const std::int64_t row = steps.shared ? 0 : channel;
      const bool missing = row >= steps.rows;
      const auto at = [&](std::int64_t k) { return static_cast<std::size_t>(row * steps.width + k); };
      for (std::int64_t k = 0; k < steps.width; ++k) {
        image.put(static_cast<std::uint64_t>(missing ? steps.never : steps.thresholds[at(k)]), format.threshold_bits);
      }
      if (format.signs == 1) {
        for (std::int64_t k = 0; k < steps.width; ++k) image.put(!missing && steps.signs[at(k)] < 0 ? 1 : 0, 1);
      } else if (format.signs == 2) {
        image.put(!missing && steps.signs[at(0)] < 0 ? 1 : 0, 1);
      }
      if (format.base_in_memory)
        image.put(missing ? 0 : static_cast<std::uint64_t>(steps.base[static_cast<std::size_t>(row)]), format.out_bits);
    }
    image.end_word();
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
