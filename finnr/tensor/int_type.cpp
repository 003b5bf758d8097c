// SPDX-License-Identifier: Apache-2.0
#include "finnr/tensor/int_type.h"

#include <fmt/format.h>

#include <algorithm>
#include <bit>
#include <limits>

#include "finnr/base/check.h"

namespace finnr {
namespace {

bool fits_bipolar(const IntType& type) { return type.bipolar || (type.lo == type.hi && (type.lo == 1 || type.lo == -1)); }

}  // namespace

IntType IntType::of_bits(int bits, bool is_signed) {
  FINNR_CHECK(bits >= 1 && bits <= (is_signed ? 64 : 63), "no such width");
  constexpr std::uint64_t kAll = std::numeric_limits<std::uint64_t>::max();
  if (!is_signed) return {0, static_cast<std::int64_t>(kAll >> (64 - bits)), false};
  const auto hi = static_cast<std::int64_t>((kAll >> (64 - bits)) >> 1);
  return {-hi - 1, hi, false};
}

int IntType::bits() const {
  if (bipolar) return 1;
  if (lo >= 0) return std::max(1, static_cast<int>(std::bit_width(static_cast<std::uint64_t>(hi))));
  // ~lo = -lo - 1 needs as many magnitude bits as lo.
  return 1 + static_cast<int>(std::bit_width(static_cast<std::uint64_t>(std::max(~lo, hi))));
}

std::int64_t IntType::wrap(std::int64_t value) const {
  if (contains(value)) return value;
  if (bipolar) return value >= 0 ? 1 : -1;
  // Not all 2^64 codes are in the range, or it would contain the value: n is not 0.
  const std::uint64_t n = codes();
  const auto v = static_cast<std::uint64_t>(value);
  const auto low = static_cast<std::uint64_t>(lo);
  const std::uint64_t offset = value >= lo ? (v - low) % n : n - 1 - (low - v - 1) % n;
  return static_cast<std::int64_t>(low + offset);
}

IntType unite(const IntType& a, const IntType& b) {
  if (a == b) return a;
  if ((a.bipolar || b.bipolar) && fits_bipolar(a) && fits_bipolar(b)) return IntType::bipolar_type();
  return {std::min(a.lo, b.lo), std::max(a.hi, b.hi), false};
}

std::string to_text(const IntType& type) { return type.bipolar ? "bipolar" : fmt::format("int[{},{}]", type.lo, type.hi); }

}  // namespace finnr
