// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <cstdint>
#include <string_view>

namespace finnr {

/// What a unit or a design takes, or a device has.
struct Cost {
  std::int64_t lut = 0;
  std::int64_t ff = 0;
  std::int64_t bram18 = 0;  ///< blocks of 18 Kb; of 4 Kb on devices with such blocks
  std::int64_t uram = 0;
  std::int64_t dsp = 0;

  Cost& operator+=(const Cost& other) {
    for (const auto member : kMembers) this->*member += other.*member;
    return *this;
  }
  friend Cost operator+(Cost a, const Cost& b) { return a += b; }
  friend Cost operator*(std::int64_t n, Cost a) {
    for (const auto member : kMembers) a.*member *= n;
    return a;
  }
  bool operator==(const Cost&) const = default;

  /// True when every count is at most that of `budget`.
  [[nodiscard]] bool fits(const Cost& budget) const {
    for (const auto member : kMembers) {
      if (this->*member > budget.*member) return false;
    }
    return true;
  }

  using Member = std::int64_t Cost::*;
  static const std::array<Member, 5> kMembers;
};

inline constexpr std::array<Cost::Member, 5> Cost::kMembers = {&Cost::lut, &Cost::ff, &Cost::bram18, &Cost::uram, &Cost::dsp};

/// Names of the members as JSON and tables spell them.
inline constexpr std::array<std::string_view, 5> kCostNames = {"lut", "ff", "bram18", "uram", "dsp"};

}  // namespace finnr
