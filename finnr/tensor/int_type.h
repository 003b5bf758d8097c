// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <string>

namespace finnr {

/// The integers a value may take: the range [lo, hi], or the two values -1 and +1 (bipolar).
/// The range is as tight as analysis could make it; the width follows from it.
struct IntType {
  std::int64_t lo = 0;
  std::int64_t hi = 0;
  bool bipolar = false;  ///< only -1 and +1 occur; stored in one bit (1 is +1)

  static IntType bipolar_type() { return {-1, 1, true}; }
  /// All codes of a two's complement (or unsigned) number of `bits` bits, 1 <= bits <= 64 (63 when unsigned).
  static IntType of_bits(int bits, bool is_signed);

  [[nodiscard]] bool is_signed() const { return lo < 0; }
  /// Least width that holds every value: 1 for bipolar, else two's complement when lo < 0. At least 1.
  [[nodiscard]] int bits() const;
  [[nodiscard]] bool contains(std::int64_t code) const { return bipolar ? (code == 1 || code == -1) : (code >= lo && code <= hi); }
  /// Number of different codes: 2 for bipolar, else hi - lo + 1 (as unsigned, so the full 64-bit range wraps to 0).
  [[nodiscard]] std::uint64_t codes() const { return bipolar ? 2 : static_cast<std::uint64_t>(hi) - static_cast<std::uint64_t>(lo) + 1; }
  /// `value` plus a multiple of codes() so that it lies in the range: for 2^n codes what machine integers do. Bipolar
  /// takes the sign.
  [[nodiscard]] std::int64_t wrap(std::int64_t value) const;

  bool operator==(const IntType&) const = default;
};

/// The smallest type that holds both.
IntType unite(const IntType& a, const IntType& b);

/// "bipolar", or "int[-8,7]".
std::string to_text(const IntType& type);

}  // namespace finnr
