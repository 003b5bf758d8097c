// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <span>
#include <vector>

#include "finnr/base/result.h"
#include "finnr/graph/graph.h"

namespace finnr {

/// Type and shape of one result.
struct ResultType {
  ElementType type;
  Shape shape;
  bool operator==(const ResultType& other) const = default;
};

/// What an operator makes of these operands; integer ranges are as tight as the constants allow (interval analysis
/// with the real weights). Fails with kShapeMismatch or kTypeMismatch when they do not fit.
Result<std::vector<ResultType>> infer(const Op& op, std::span<const Value* const> inputs);

/// Least and greatest accumulator of each output column of activations in `x` times weights [K,N] (row-major), exactly.
std::vector<IntType> accumulator_ranges(const IntType& x, const Tensor& weights);
/// The same for each output channel of a convolution with constant weights.
std::vector<IntType> accumulator_ranges(const Conv& op, const IntType& x, const Tensor& weights);

}  // namespace finnr
