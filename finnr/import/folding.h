// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "finnr/import/stored_tensor.h"
#include "finnr/tensor/scalar.h"

namespace finnr {

// Arithmetic on constants, with the meaning that the graph's operators have.

/// Elements of a float tensor.
Tensor fold_unary(UnaryFunction function, float alpha, float beta, const Tensor& tensor);

/// Two tensors of one kind, broadcast; integers wrap as `stored` does. Fails with kShapeMismatch, kTypeMismatch,
/// kTooLarge, or kNotANumber (integer division by zero).
Result<Tensor> fold_binary(BinaryFunction function, const Tensor& a, const Tensor& b, StoredType stored);

/// The elements as another type: floats are cut toward zero and wrap into integers. Fails with kNotANumber when a float
/// is too large for any integer, and with kTypeMismatch when `to` is no type of numbers.
Result<Tensor> cast_constant(const Tensor& tensor, StoredType to);

}  // namespace finnr
