// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <vector>

#include "finnr/hardware/design.h"

namespace finnr {

/// How a threshold memory is laid out (the parameters of finnr_threshold).
struct StepFormat {
  int threshold_bits = 1;
  int out_bits = 1;
  int signs = 0;  ///< 0 all +1, 1 a bit a threshold, 2 a bit a channel
  bool base_in_memory = false;
  std::int64_t base = 0;  ///< of every channel when not in memory
  bool search = false;
  bool is_signed = false;

  /// Of a row of `width` thresholds.
  [[nodiscard]] std::int64_t sign_bits(std::int64_t width) const;
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

  /// Of one channel.
  [[nodiscard]] std::int64_t entry_bits() const {
    return width * format.threshold_bits + format.sign_bits(width) + (format.base_in_memory ? format.out_bits : 0);
  }
};

/// `x` is the range of the number compared. For `xnor_inputs` > 0 thresholds are moved from the sum of +-1 products a to
/// the count of agreements p, a = 2p - xnor_inputs (a single bipolar number counts itself: xnor_inputs 1). `padded_behind` >
/// 0: channels follow behind that many real ones; they must give level 0, so each real one gets a row.
HardwareSteps hardware_steps(const Steps& steps, const IntType& x, std::int64_t xnor_inputs, std::int64_t padded_behind);

/// The thresholds of a unit that has them, as its memory shall hold them. They need values.
HardwareSteps hardware_steps(const Mvu& unit);
HardwareSteps hardware_steps(const Vvu& unit);
HardwareSteps hardware_steps(const Threshold& unit, const Stream& in);

/// A part of a word of memory.
struct Field {
  std::uint64_t value = 0;  ///< higher bits than `bits` mean nothing
  int bits = 1;
};

/// What the entry of a channel consists of, low bits first: `width` thresholds, the signs, the base. A channel behind the rows gives
/// level 0.
std::vector<Field> threshold_entry(const HardwareSteps& steps, std::int64_t channel);

}  // namespace finnr
