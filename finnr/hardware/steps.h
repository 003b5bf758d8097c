// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <memory>

#include "finnr/tensor/int_type.h"
#include "finnr/tensor/tensor.h"

namespace finnr {

/// Thresholds of a unit, as its memory holds them: level = base + sum of signs over thresholds <= x. Those of a network
/// that is only described have no values, but their number and rows.
struct Steps {
  std::shared_ptr<const Tensor> thresholds;  ///< [C,K] or [1,K], ascending rows
  std::shared_ptr<const Tensor> base;        ///< [C] or [1]
  std::shared_ptr<const Tensor> signs;       ///< [C,K] or [1,K]
  IntType codes;                             ///< of the result
  std::int64_t described_count = 0;          ///< without values: thresholds a row
  std::int64_t described_rows = 1;           ///< without values: rows

  [[nodiscard]] bool has_values() const { return thresholds != nullptr; }
  [[nodiscard]] std::int64_t count() const { return has_values() ? thresholds->shape()[1] : described_count; }
  /// Rows with an own table: 1 when all channels are alike.
  [[nodiscard]] std::int64_t rows() const;
  /// Code of integer x in a row. Needs values.
  [[nodiscard]] std::int64_t level(std::int64_t row, std::int64_t x) const;
  /// True when some row both rises and falls over the range of x; without values none is taken to.
  [[nodiscard]] bool mixed(const IntType& x) const;
};

}  // namespace finnr
