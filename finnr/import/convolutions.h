// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "finnr/import/windows.h"

namespace finnr {

struct ConvAttributes {
  WindowAttributes window;
  std::int64_t groups = 1;
};

Result<ConvAttributes> read_conv(NodeImport& node);

/// ONNX Conv of x [N,C,...] with weights [M,C/groups,k...] and the node's input 2 as bias [M] where it is given. Fails with
/// kShapeMismatch, kTypeMismatch, kBadAttribute or kTooLarge.
Result<Operand> convolve(NodeImport& node, const ConvAttributes& given, const Operand& x, const Operand& weights);

}  // namespace finnr
