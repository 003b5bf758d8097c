// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string_view>

#include "finnr/import/node_import.h"

namespace finnr {

// The parameters that quantizers share. `i` is the input that messages name, `what` says what it is.

/// kBadQuantizer unless every scale is finite and not 0.
Status check_scales(NodeImport& node, std::size_t i, const Tensor& scales);
/// kBadQuantizer unless every zero point is a whole number of at most 2^31.
Status check_zeros(NodeImport& node, std::size_t i, const Tensor& zeros);
/// A parameter that broadcasts against X (numpy rules), as one value or one per index of an axis.
Result<PerAxis<float>> broadcast_parameter(NodeImport& node, std::size_t i, std::string_view what, const Tensor& tensor, const Shape& x);
/// A parameter of QuantizeLinear or DequantizeLinear: one number, or a list along an axis.
Result<PerAxis<float>> listed_parameter(NodeImport& node, std::size_t i, std::string_view what, const Tensor& tensor, const Shape& x);
/// The bit width of input i with the attributes signed and narrow; one signed bit is bipolar.
Result<IntType> code_range(NodeImport& node, const Tensor& widths, std::size_t i);
/// The attribute rounding_mode.
Result<Rounding> read_rounding(NodeImport& node, std::string_view otherwise);

/// The numbers rounded to integers without a clamp (codes of up to 33 bits), as codes and back.
Result<Operand> truncated_codes(NodeImport& node, Rounding rounding, const Operand& x);

/// The values of codes; the zero points are whole numbers.
Dequantize dequantize_of(const PerAxis<float>& scale, const PerAxis<float>& zero);

}  // namespace finnr
