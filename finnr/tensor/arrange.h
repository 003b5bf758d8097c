// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "finnr/tensor/tensor.h"

namespace finnr {

// Operators that move elements and compute nothing. Arguments are already checked by the caller
// (the shape rules of the graph, or the importer's constant folding).

/// Axis i of the result is axis perm[i] of the input.
Tensor transpose(const Tensor& tensor, std::span<const int> perm);

/// numpy.broadcast_to.
Tensor broadcast_to(const Tensor& tensor, const Shape& shape);

/// ONNX Gather along a normal axis; indices may be negative.
Tensor gather(const Tensor& tensor, const Tensor& indices, int axis);

/// ONNX Concat along a normal axis; all of one kind.
Tensor concat(std::span<const Tensor* const> parts, int axis);

/// Elements start, start + step, ... of one axis, `length` of them.
Tensor slice(const Tensor& tensor, int axis, std::int64_t start, std::int64_t step, std::int64_t length);

}  // namespace finnr
