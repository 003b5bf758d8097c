// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "finnr/import/windows.h"

namespace finnr {

/// ONNX MaxPool of x [N,C,...], without indices. Fails with kShapeMismatch, kBadAttribute (no kernel_shape, a window in the
/// padding alone) or kTooLarge.
Result<Operand> max_pool(NodeImport& node, const WindowAttributes& given, const Operand& x);

/// The sum of each window, with the same failures.
Result<Operand> sum_pool(NodeImport& node, const WindowAttributes& given, const Operand& x);

}  // namespace finnr
