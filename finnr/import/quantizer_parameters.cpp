// SPDX-License-Identifier: Apache-2.0
#include "finnr/import/quantizer_parameters.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "finnr/import/names.h"

namespace finnr {
namespace {

constexpr float kMaxZero = 0x1p31F;

/// The coordinate along `axis` of each element decides its value.
bool varies_only_along(const Shape& shape, const Tensor::Floats& values, std::size_t axis) {
  const auto step = static_cast<std::size_t>(strides(shape)[axis]);
  const auto size = static_cast<std::size_t>(shape[axis]);
  for (std::size_t i = 0; i < values.size(); ++i) {
    if (values[i] != values[i / step % size * step]) return false;
  }
  return true;
}

}  // namespace

Status check_scales(NodeImport& node, std::size_t i, const Tensor& scales) {
  for (const float scale : as_floats(scales)) {
    const std::string_view fault = std::isnan(scale) ? "NaN" : std::isinf(scale) ? "infinite" : scale == 0 ? "zero" : "";
    if (fault.empty()) continue;
    return node.input_error(Code::kBadQuantizer, i, fmt::format("the scale of the quantizer is {}", fault))
        .because("scales are finite and not zero")
        .fix("look at this quantizer in training; it may never have seen data");
  }
  return ok_status();
}

Status check_zeros(NodeImport& node, std::size_t i, const Tensor& zeros) {
  for (const float zero : as_floats(zeros)) {
    if (std::floor(zero) == zero && std::abs(zero) <= kMaxZero) continue;
    return node.input_error(Code::kBadQuantizer, i, fmt::format("zero point {} is not an integer", zero))
        .because("a zero point is one of the integer codes")
        .fix("train with whole zero points");
  }
  return ok_status();
}

Result<PerAxis<float>> broadcast_parameter(NodeImport& node, std::size_t i, std::string_view what, const Tensor& tensor, const Shape& x) {
  const Shape& shape = tensor.shape();
  const std::optional<Shape> together = broadcast(shape, x);
  if (!together || *together != x || tensor.size() == 0) {
    return node.input_error(Code::kShapeMismatch, i,
                            fmt::format("{} of shape {} does not fit data of shape {}", what, to_text(shape), to_text(x)));
  }
  const Tensor::Floats values = as_floats(tensor);
  if (std::ranges::all_of(values, [&](float v) { return v == values[0]; })) return PerAxis<float>{{values[0]}, 0};
  for (std::size_t axis = 0; axis < shape.size(); ++axis) {
    if (shape[axis] == 1 || !varies_only_along(shape, values, axis)) continue;
    const auto step = static_cast<std::size_t>(strides(shape)[axis]);
    PerAxis<float> result{{}, static_cast<int>(x.size() - shape.size() + axis)};
    for (std::size_t k = 0; k < static_cast<std::size_t>(shape[axis]); ++k) result.values.push_back(values[k * step]);
    return result;
  }
  return node.input_error(Code::kBadQuantizer, i, fmt::format("{} varies along more than one axis", what))
      .because("hardware takes one value for all elements, or one per channel")
      .fix("train with a scale per tensor or per channel");
}

Result<PerAxis<float>> listed_parameter(NodeImport& node, std::size_t i, std::string_view what, const Tensor& tensor, const Shape& x) {
  const Tensor::Floats values = as_floats(tensor);
  if (values.size() == 1) return PerAxis<float>{values, 0};
  if (tensor.shape().size() != 1) {
    return node.input_error(Code::kBadQuantizer, i, fmt::format("{} has shape {}", what, to_text(tensor.shape())))
        .because("one value, or a list along one axis, is supported; blocks are not");
  }
  FINNR_ASSIGN(const int axis, node.axis("axis", 1, x.size()));
  if (static_cast<std::int64_t>(values.size()) != x[static_cast<std::size_t>(axis)]) {
    return node.input_error(Code::kShapeMismatch, i,
                            fmt::format("{} values for {} do not fit axis {} of {}", values.size(), what, axis, to_text(x)));
  }
  return PerAxis<float>{values, axis};
}

Dequantize dequantize_of(const PerAxis<float>& scale, const PerAxis<float>& zero) {
  Dequantize result;
  result.scale = {{scale.values.begin(), scale.values.end()}, scale.axis};
  result.zero.axis = zero.axis;
  for (const float value : zero.values) result.zero.values.push_back(static_cast<std::int64_t>(value));
  return result;
}

Result<IntType> code_range(NodeImport& node, const Tensor& widths, std::size_t i) {
  const Tensor::Floats values = as_floats(widths);
  const bool uniform = !values.empty() && std::ranges::all_of(values, [&](float v) { return v == values[0]; });
  if (!uniform)
    return node.input_error(Code::kBadQuantizer, i, "the bit width is not one number")
        .because("all elements of a tensor share one bit width");
  const float width = values[0];
  if (!(width >= 1 && width <= 32) || std::floor(width) != width) {
    return node.input_error(Code::kBadQuantizer, i, fmt::format("bit width {} is not supported", width))
        .because("bit widths are whole numbers from 1 to 32")
        .fix("train with another bit width");
  }
  FINNR_ASSIGN(const std::int64_t is_signed, node.integer("signed", 1));
  FINNR_ASSIGN(const std::int64_t narrow, node.integer("narrow", 0));
  const int bits = static_cast<int>(width);
  if (is_signed != 0 && bits == 1) return IntType::bipolar_type();
  IntType range = IntType::of_bits(bits, is_signed != 0);
  if (narrow != 0) (is_signed != 0 ? ++range.lo : --range.hi);
  return range;
}

Result<Rounding> read_rounding(NodeImport& node, std::string_view otherwise) {
  FINNR_ASSIGN(const std::string mode, node.text("rounding_mode", std::string(otherwise)));
  const std::optional<Rounding> rounding = find_rounding(mode);
  if (!rounding) {
    return NodeImport::attribute_error(Code::kBadQuantizer, "rounding_mode",
                                       fmt::format("rounding mode {} is not supported", printable(mode)))
        .because("known are ROUND, HALF_EVEN, CEIL, FLOOR, UP, DOWN, HALF_UP, HALF_DOWN and ROUND_TO_ZERO")
        .fix("train with one of these");
  }
  return *rounding;
}

}  // namespace finnr
