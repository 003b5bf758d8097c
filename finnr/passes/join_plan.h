// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <vector>

#include "finnr/base/result.h"
#include "finnr/passes/step_table.h"

namespace finnr {

/// How the integers of a join meet.
enum class JoinKind : std::uint8_t {
  kSum,      ///< steps of left * x + right * y
  kProduct,  ///< steps of (x - zero) * (y - zero)
  kMax,      ///< the greater of the steps of x and the steps of y
  kMin,      ///< the lesser
};

/// Where a join does not equal the float chain.
struct Inexact {
  std::int64_t pairs = 0;  ///< pairs of integers, in all channels, with another code
  std::int64_t of = 0;     ///< pairs there are
  std::int64_t most = 0;   ///< largest difference of codes
};

/// A quantizer as steps of one integer made of two.
struct JoinPlan {
  JoinKind kind = JoinKind::kSum;
  std::array<ValueId, 2> sources;
  std::array<Shape, 2> shapes;                       ///< in which the sources broadcast to the table's shape
  std::array<std::vector<std::int64_t>, 2> factors;  ///< of sums: one, or one a channel
  std::array<std::vector<std::int64_t>, 2> zeros;    ///< of products: one, or one a channel
  StepTable table;                                   ///< of the joined integer; of source 0 for kMax and kMin. Its `source` is unset
  StepTable other;                                   ///< of source 1, for kMax and kMin
  std::optional<Inexact> inexact;
};

/// The most pairs of integers, over all different channels, that are looked at one by one.
inline constexpr std::int64_t kMaxPairs = std::int64_t{1} << 26;
/// A pair is looked up in a table when both together have at most this many bits.
inline constexpr int kMaxPairBits = 12;

/// A plan for quantizer `node` that depends on two integers, equal to the model's own float chain on every pair and in every
/// channel unless `inexact` is set. Fails with kJoinRefused, kNotThresholds or kRangeTooLarge.
Result<JoinPlan> plan_join(const Graph& graph, NodeId node);

}  // namespace finnr
