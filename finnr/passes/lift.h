// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <optional>

#include "finnr/passes/grid.h"

namespace finnr {

/// Integers, and what they stand for.
struct Lifted {
  ValueId codes;
  Dequantize meaning;
  Origin origin;
};

// The float result of one linear operator on values that are on grids, as integers. The operator's node stays; others are
// added. Nothing when its operands are not on grids, or do not fit together (then the diagnostics may say why).

/// MatMul with constant weights [K,N], Conv with constant weights.
std::optional<Lifted> lift_product(Graph& graph, PassContext& context, Grids& grids, NodeId node);

/// Sums of windows and axes; sums and differences of two values of one scale, or of a value and a constant of its scale
/// rounded to float32.
std::optional<Lifted> lift_sum(Graph& graph, PassContext& context, Grids& grids, NodeId node);

}  // namespace finnr
