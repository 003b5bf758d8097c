// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <memory>
#include <optional>
#include <span>

#include "finnr/graph/op.h"
#include "finnr/tensor/tensor.h"

namespace finnr {

/// What a float tensor means as a quantized value: every element is codes * scale, rounded once (zero points are
/// already subtracted from the codes).
struct QuantizedView {
  std::shared_ptr<const Tensor> codes;  ///< integers, in the shape of the float tensor
  PerAxis<double> scale;                ///< finite, not 0
  double bound = 0;                     ///< no code can exceed it in magnitude, whatever the network's input
  bool sum = false;                     ///< a quantizer's or a linear operator's result, moved at most: a term of exact sums
};

/// A value while a network runs.
struct Item {
  std::shared_ptr<const Tensor> tensor;
  std::optional<QuantizedView> view;  ///< of float tensors only
  bool constant = false;              ///< depends on no input of the network
};

/// The view of a constant float tensor all of whose elements are integers of magnitude at most 2^15.
std::optional<QuantizedView> integral_view(const Tensor& tensor);

/// The view of an operator's first result, from those of its operands: a Dequantize makes one; operators that move elements,
/// Relu, and multiplication or division by one constant keep one; whatever else computes new numbers has none.
/// `operand_type` is the type of the first operand as the graph knows it.
std::optional<QuantizedView> result_view(const Op& op, std::span<const Item* const> inputs, const ElementType& operand_type,
                                         const Tensor& result);

/// The result of a linear operator whose operands all have views, by docs/exactness.md, meaning 2: the exact sum of the codes,
/// times the scale, rounded once. Those are MatMul, Conv, sums of windows and axes, and addition and subtraction of two values
/// of one scale that are sums themselves; one of those two may be constant and have the other's scale rounded to float32.
/// Nothing for other operators, when a scale varies inside a sum and is not a multiple of one unit, or when a sum might reach
/// 2^53.
std::optional<Item> linear_result(const Op& op, std::span<const Item* const> inputs);

}  // namespace finnr
