// SPDX-License-Identifier: Apache-2.0
#include "finnr/hardware/steps.h"

#include <algorithm>

namespace finnr {
namespace {

/// Element k of a row of a table whose rows may be shared.
std::int64_t entry(const Tensor& table, std::int64_t row, std::int64_t k) {
  const std::int64_t width = table.size() / table.shape()[0];
  return table.ints()[static_cast<std::size_t>((table.shape()[0] == 1 ? 0 : row) * width + k)];
}

}  // namespace

std::int64_t Steps::rows() const {
  return has_values() ? std::max({thresholds->shape()[0], base->shape()[0], signs->shape()[0]}) : described_rows;
}

std::int64_t Steps::level(std::int64_t row, std::int64_t x) const {
  std::int64_t level = entry(*base, row, 0);
  for (std::int64_t k = 0; k < count(); ++k) level += x >= entry(*thresholds, row, k) ? entry(*signs, row, k) : 0;
  return level;
}

bool Steps::mixed(const IntType& x) const {
  for (std::int64_t row = 0; has_values() && row < rows(); ++row) {
    bool rises = false;
    bool falls = false;
    for (std::int64_t k = 0; k < count(); ++k) {
      if (entry(*thresholds, row, k) <= x.hi) (entry(*signs, row, k) > 0 ? rises : falls) = true;
    }
    if (rises && falls) return true;
  }
  return false;
}

}  // namespace finnr
