// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "finnr/tensor/tensor.h"

namespace finnr {

/// Elements as bits, low bits first, in base64: floats as 32 bits each; integers as (value - lo) in the least number of
/// bits that holds hi - lo ((value + 1) / 2 in one bit when bipolar).
std::string pack(const Tensor& tensor, const ElementType& type);

/// The inverse; nothing when the text is no base64 or holds another number of elements.
std::optional<Tensor> unpack(std::string_view text, const ElementType& type, const Shape& shape);

}  // namespace finnr
