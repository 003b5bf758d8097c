// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "finnr/graph/op.h"

namespace finnr {

/// True when a transpose of this shape keeps the row-major order of the elements (it only moves axes of size 1).
bool keeps_order(const Transpose& op, const Shape& shape);

}  // namespace finnr
