// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "finnr/import/windows.h"

namespace finnr {

struct ConvAttributes {
  WindowAttributes window;
  std::int64_t groups = 1;
  std::size_t weights_input = 1;  ///< named in messages
  bool codes = false;             ///< operands are integers, not numbers
};

Result<ConvAttributes> read_conv(NodeImport& node);

/// ONNX Conv of x [N,C,...] with weights [M,C/groups,k...], without bias. Fails with kShapeMismatch, kTypeMismatch,
/// kBadAttribute or kTooLarge.
Result<Operand> convolve(NodeImport& node, const ConvAttributes& given, const Operand& x, const Operand& weights);

/// y + a bias of one number for each channel, which is input `i`.
Result<Operand> add_bias(NodeImport& node, Operand y, Operand bias, std::size_t i);

}  // namespace finnr
