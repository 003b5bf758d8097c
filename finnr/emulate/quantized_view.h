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
};

/// A value while a network runs.
struct Item {
  std::shared_ptr<const Tensor> tensor;
  std::optional<QuantizedView> view;  ///< of float tensors only
  bool constant = false;              ///< depends on no input of the network
};

/// The view of a constant float tensor all of whose elements are integers of magnitude at most 2^15.
std::optional<QuantizedView> integral_view(const Tensor& tensor);

/// The view of an operator's first result, from those of its operands: a Dequantize makes one; Reshape, Transpose,
/// Relu, and multiplication or division by one constant keep one; whatever else computes new numbers has none.
/// `operand_type` is the type of the first operand as the graph knows it.
std::optional<QuantizedView> result_view(const Op& op, std::span<const Item* const> inputs, const ElementType& operand_type,
                                         const Tensor& result);

/// The matrix product of two views: the exact sum of the codes, times the product of the scales, rounded once. Nothing
/// when a scale varies along the summed axis, or when a sum might reach 2^53.
std::optional<Item> multiply_views(const QuantizedView& a, const QuantizedView& b);

/// A quantized value plus a constant that is quantized with the same scale (to float32): the exact sum of the codes, rounded
/// once. The constant holds one number, or one for each index of the last axis; nothing when it does not, or when the
/// scales differ.
std::optional<Item> add_bias(const QuantizedView& x, const QuantizedView& bias);

}  // namespace finnr
