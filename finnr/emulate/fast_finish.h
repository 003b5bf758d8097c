// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <vector>

#include "finnr/emulate/fast_kernels.h"
#include "finnr/graph/op.h"
#include "finnr/tensor/tensor.h"

namespace finnr::fast {

/// Which unsigned code u stands for a number: x = lo + step * u.
struct Encoding {
  std::int64_t lo = 0;
  std::int64_t step = 1;  ///< 2 for bipolar numbers
  std::int64_t most = 0;  ///< largest u

  [[nodiscard]] std::int64_t code(std::int64_t x) const { return (x - lo) / step; }
  bool operator==(const Encoding&) const = default;
};

/// The tables of a Finish.
struct FinishTables {
  FinishKind kind = FinishKind::kNone;
  std::int32_t factor = 1;
  std::int32_t lo = 0;
  int shift = 0;
  std::size_t steps = 0;
  std::vector<std::int32_t> add;
  std::vector<std::int32_t> borders;
  std::vector<std::int32_t> flips;
  std::vector<std::int32_t> signs;
  std::vector<std::int32_t> bases;
  std::vector<std::int32_t> levels;
  std::vector<float> scale;
  std::vector<float> offset;
  std::vector<float> low;
  std::vector<float> high;

  /// From channel `first` on (a multiple of 16, or a table made for that part). Refers to this.
  [[nodiscard]] Finish view() const;
};

/// Tables for `channels` channels that leave sums as numbers, or write them as codes.
FinishTables plain_finish(std::size_t channels);
FinishTables recoding_finish(std::size_t channels, const Encoding& encoding);

/// The operands of a Thresholds node.
struct ThresholdTables {
  const Tensor* thresholds = nullptr;  ///< [C,K] or [1,K]
  const Tensor* base = nullptr;
  const Tensor* signs = nullptr;
  bool bipolar = false;
};

/// The cheapest form that gives exactly the codes of these thresholds for every sum in [lo, hi]: a comparison, a line that is
/// rounded down, some comparisons, or a search. The line is only taken when float32 arithmetic puts every step where it belongs,
/// which is checked at both sides of each step: between them it is monotone. `add` is 0.
/// Channels [first, first + channels) of the tables.
FinishTables threshold_finish(const ThresholdTables& tables, std::size_t first, std::size_t channels, std::int64_t lo, std::int64_t hi,
                              const Encoding& encoding);

/// The same codes from the sums themselves where each is one comparison: factor 1, nothing to add.
void fold(FinishTables& tables);

}  // namespace finnr::fast
