// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "finnr/hardware/design.h"

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

/// How a threshold memory is laid out (the parameters of finnr_threshold).
struct StepFormat {
  int threshold_bits = 1;
  int out_bits = 1;
  int signs = 0;  ///< 0 all +1, 1 a bit a threshold, 2 a bit a channel
  bool base_in_memory = false;
  std::int64_t base = 0;  ///< of every channel when not in memory
  bool search = false;
  bool is_signed = false;
};

/// Thresholds ready for hardware: on popcounts where the accumulator is one.
struct HardwareSteps {
  StepFormat format;
  std::int64_t rows = 1;                 ///< channels with a row of their own
  bool shared = false;                   ///< the one row serves every channel
  std::int64_t width = 0;                ///< thresholds a row
  std::int64_t never = 0;                ///< a threshold that is not reached
  std::vector<std::int64_t> thresholds;  ///< [rows, width]
  std::vector<std::int64_t> signs;
  std::vector<std::int64_t> base;
};

/// `x` is the range of the number compared. For `xnor_inputs` > 0 thresholds are moved from the sum of +-1 products a to
/// the count of agreements p, a = 2p - xnor_inputs (a single bipolar number counts itself: xnor_inputs 1). `padded_behind` >
/// 0: channels follow behind that many real ones; they must give level 0, so each real one gets a row.
HardwareSteps hardware_steps(const Steps& steps, const IntType& x, std::int64_t xnor_inputs, std::int64_t padded_behind);

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
