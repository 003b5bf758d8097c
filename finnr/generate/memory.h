// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "finnr/hardware/design.h"
#include "finnr/hardware/threshold_words.h"

namespace finnr {

/// Words of bits as $readmemh reads them: one hexadecimal number a line, most significant digit first.
class MemoryImage {
 public:
  explicit MemoryImage(std::int64_t word_bits) : word_(static_cast<std::size_t>((word_bits + 3) / 4), 0) {}

  /// The next `bits` bits of the word, low ones first.
  void put(std::uint64_t value, int bits);
  /// Ends the word; bits not put are 0.
  void end_word();
  [[nodiscard]] const std::string& text() const { return text_; }

 private:
  std::vector<std::uint8_t> word_;  ///< hexadecimal digits, low first
  std::size_t at_ = 0;              ///< in bits
  std::string text_;
};

/// One word a fold: `pe` channels each, `channels` in all; missing rows give level 0.
std::string threshold_image(const HardwareSteps& steps, std::int64_t channels, int pe);

/// The codes of a looked-up function. One table for all (`channels` 0): a word for every pattern of x. Else a word for every
/// fold and pattern, `pe` channels each; missing rows give level 0.
std::string table_image(const Threshold& unit, std::int64_t channels, int pe);

/// Words of pe x simd weights in fold order: group outermost, then row fold. Padded rows repeat the first one, so that their sums stay
/// in range; padded inputs meet weight 0, or +1 in one bit, which never agrees with the 0 bit they carry.
std::string weight_image(const Mvu& mvu);

/// Words of pe x simd weights: channel fold outermost, then the folds of the window; channel 0 of a word in the low bits.
std::string weight_image(const Vvu& vvu);

/// One word for each beat of a rearranged frame: the number of the beat it was.
std::string index_image(const std::vector<std::int64_t>& index, std::int64_t beats);

}  // namespace finnr
