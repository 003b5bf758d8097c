// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "finnr/base/result.h"
#include "finnr/graph/graph.h"

namespace finnr {

/// A quantizer as a function of one integer: what a `thresholds` node needs.
struct StepTable {
  ValueId source;  ///< the integer value
  Shape shape;     ///< in which the axis is counted (elements as in the source)
  int axis = 0;
  Tensor thresholds;  ///< [C,K], ascending rows, padded with a threshold that is never reached
  Tensor base;        ///< [C] levels below the first threshold
  Tensor signs;       ///< [C,K], +1 or -1
  IntType codes;
  Origin origin;
};

/// One row of a table: the level changes by `delta` at integer `at`, ascending.
struct StepRow {
  struct Step {
    std::int64_t at;
    std::int64_t delta;
    bool operator==(const Step&) const = default;
  };
  std::int64_t base = 0;  ///< level below the first step
  std::vector<Step> steps;

  /// Thresholds that the row takes: a step by several levels is as many.
  [[nodiscard]] std::int64_t width() const;
  bool operator==(const StepRow&) const = default;
};

/// Fills thresholds, base and signs of a table; shorter rows get thresholds `never`, which no integer reaches.
void fill_rows(StepTable& table, std::span<const StepRow> rows, std::int64_t never);

/// The most steps a row may have.
inline constexpr std::int64_t kMaxSteps = 1023;

/// The steps of quantizer `node` (Quantize or CountThresholds) over the whole range of the integer it depends on; equal
/// to the model's own float chain on every value of the range. Fails with kNotThresholds when it depends on more than
/// one integer or is not elementwise or has more than kMaxSteps steps, with kRangeTooLarge when the range cannot be
/// searched.
Result<StepTable> step_table(const Graph& graph, NodeId node);

/// The level of x: base + sum of signs of the thresholds reached; for tests and range checks.
std::int64_t level_at(const StepTable& table, std::int64_t channel, std::int64_t x);

}  // namespace finnr
