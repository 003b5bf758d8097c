// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "finnr/graph/op.h"
#include "finnr/tensor/tensor.h"

namespace finnr {

// The operators over windows and axes, on whole tensors; the operands fit (the graph's rules checked them). Float sums are
// taken in double, in order, and rounded once; integer sums are exact.

Tensor convolve(const Conv& op, const Tensor& x, const Tensor& weights);
Tensor pool(const Pool& op, const Tensor& x);
Tensor sum(const Sum& op, const Tensor& x);
Tensor pad(const Pad& op, const Tensor& x);

}  // namespace finnr
