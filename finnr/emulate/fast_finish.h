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

/// What the sums of a kernel mean: the number v = add[channel] + factor * sum.
struct SumMeaning {
  std::vector<std::int32_t> add;
  std::int32_t factor = 1;

  /// The sum is the number, for so many channels.
  static SumMeaning plain(std::size_t channels) { return {std::vector<std::int32_t>(channels, 0), 1}; }
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
  std::vector<std::int32_t> low;
  std::vector<std::int32_t> high;

  /// Refers to this.
  [[nodiscard]] Finish view() const;
};

/// Tables that make numbers of sums, or codes of those.
FinishTables plain_finish(const SumMeaning& sums);
FinishTables recoding_finish(const SumMeaning& sums, const Encoding& encoding);

/// The operands of a Thresholds node.
struct ThresholdTables {
  const Tensor* thresholds = nullptr;  ///< [C,K] or [1,K]
  const Tensor* base = nullptr;
  const Tensor* signs = nullptr;
  bool bipolar = false;
};

/// The cheapest form that gives exactly the codes of these thresholds for every number in [lo, hi], from the sums themselves: a
/// comparison, a line that is rounded down, some comparisons, or a search. The line is only taken when float32 arithmetic puts
/// every step where it belongs, with a fused multiplication and addition and without, which is checked at both sides of each
/// step: between them either is monotone. Channels of the tables from `first` on.
FinishTables threshold_finish(const ThresholdTables& tables, std::size_t first, const SumMeaning& sums, std::int64_t lo, std::int64_t hi,
                              const Encoding& encoding);

}  // namespace finnr::fast
