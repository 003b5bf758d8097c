// SPDX-License-Identifier: Apache-2.0
// QONNX Trunc drops low bits of codes: the value is divided by its scale and rounded to its code, the code is divided by a
// power of two, rounded as the attribute says, and (in version 2) clamped. Each of these steps is one operator of the graph.
#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "finnr/import/folding.h"
#include "finnr/import/importers.h"
#include "finnr/import/quantizer_parameters.h"
#include "finnr/import/steps.h"

namespace finnr {
namespace {

using ConstantTensor = std::shared_ptr<const Tensor>;

/// Codes of a step that does not clamp: more than any code of 32 bits.
constexpr IntType kUnclamped = {-(std::int64_t{1} << 32), std::int64_t{1} << 32, false};

Result<ConstantTensor> read_scale(NodeImport& node, std::size_t i, std::string_view what) {
  FINNR_ASSIGN(ConstantTensor scale, node.parameter(i, what));
  FINNR_RETURN_IF_ERROR(check_scales(node, i, *scale));
  return scale;
}

Result<ConstantTensor> read_zero(NodeImport& node) {
  FINNR_ASSIGN(ConstantTensor zero, node.parameter(2, "the zero point"));
  const Tensor::Floats values = as_floats(*zero);
  if (std::ranges::all_of(values, [](float z) { return std::isfinite(z); })) return zero;
  return node.input_error(Code::kBadQuantizer, 2, "the zero point is not finite");
}

Result<float> read_width(NodeImport& node, std::size_t i) {
  FINNR_ASSIGN(const float width, node.number_parameter(i, "the bit width"));
  if (width >= 1 && width <= 64 && std::floor(width) == width) return width;
  return node.input_error(Code::kBadQuantizer, i, fmt::format("bit width {} is not supported", width))
      .because("bit widths are whole numbers");
}

Tensor as_float_tensor(const Tensor& tensor) { return {tensor.shape(), as_floats(tensor)}; }

/// A tensor of one value as that value; other tensors as they are. Fails unless it broadcasts to `x`.
Result<Tensor> parameter_on(NodeImport& node, std::size_t i, std::string_view what, const Tensor& tensor, const Shape& x) {
  FINNR_ASSIGN(const PerAxis<float> values, broadcast_parameter(node, i, what, tensor, x));
  if (values.uniform()) return Tensor::scalar(values.values[0]);
  return as_float_tensor(tensor);
}

Result<Operand> tensor_step(NodeImport& node, BinaryFunction function, Operand x, const Tensor& parameter) {
  if (parameter.size() == 1) return number_step(node, function, x, as_floats(parameter)[0]);
  FINNR_ASSIGN(Operand operand, node.made(parameter, StoredType::kFloat32));
  return binary_step(node, function, std::move(x), 0, std::move(operand), node.input_count());
}

Tensor mapped(const Tensor& tensor, float (*function)(float)) {
  Tensor result = as_float_tensor(tensor);
  for (float& x : result.floats()) x = function(x);
  return result;
}

/// What both versions know once their parameters are read; tensors of one value, or that broadcast to the data.
struct Truncation {
  Tensor scale;
  Tensor zero;
  Tensor divisor;  ///< powers of two
  Tensor out_scale;
  Tensor out_zero;  ///< need not be whole
  Rounding rounding = Rounding::kFloor;
  IntType codes;
};

Result<Operand> truncated(NodeImport& node, const Truncation& t, Operand x) {
  FINNR_ASSIGN(x, tensor_step(node, BinaryFunction::kDiv, std::move(x), t.scale));
  FINNR_ASSIGN(x, tensor_step(node, BinaryFunction::kAdd, std::move(x), t.zero));
  FINNR_ASSIGN(x, unary_step(node, x, Unary{UnaryFunction::kRound, 0, 0}));
  FINNR_ASSIGN(x, tensor_step(node, BinaryFunction::kDiv, std::move(x), t.divisor));
  FINNR_ASSIGN(const ValueId numbers, node.value_of(x, 0));
  const Shape shape = node.graph().value(numbers).shape;
  FINNR_ASSIGN(const ValueId codes, node.add(Quantize{QuantizeStyle::kQonnx, t.rounding, t.codes, {{1.0F}, 0}, {{0.0F}, 0}}, {numbers}));
  const auto whole = [](float z) { return std::floor(z) == z && std::abs(z) <= 0x1p31F; };
  if (std::ranges::all_of(t.out_zero.floats(), whole)) {
    FINNR_ASSIGN(const PerAxis<float> scale, broadcast_parameter(node, 1, "the scale", t.out_scale, shape));
    FINNR_ASSIGN(const PerAxis<float> zero, broadcast_parameter(node, 2, "the zero point", t.out_zero, shape));
    FINNR_ASSIGN(const ValueId y, node.add(dequantize_of(scale, zero), {codes}));
    return node.made(y, StoredType::kFloat32);
  }
  FINNR_ASSIGN(const ValueId levels, node.add(Dequantize{{{1.0}, 0}, {{0}, 0}}, {codes}));
  FINNR_ASSIGN(Operand y, tensor_step(node, BinaryFunction::kSub, node.made(levels, StoredType::kFloat32), t.out_zero));
  return tensor_step(node, BinaryFunction::kMul, std::move(y), t.out_scale);
}

Result<Truncation> read_first(NodeImport& node) {
  Truncation result;
  FINNR_ASSIGN(const float from, read_width(node, 3));
  FINNR_ASSIGN(const float to, read_width(node, 4));
  result.divisor = Tensor::scalar(std::exp2(from - to));
  result.codes = kUnclamped;
  return result;
}

Result<Truncation> read_second(NodeImport& node) {
  Truncation result;
  FINNR_ASSIGN(const ConstantTensor out_scale, read_scale(node, 4, "the output scale"));
  FINNR_ASSIGN(const ConstantTensor widths, node.parameter(5, "the bit width"));
  FINNR_ASSIGN(result.codes, code_range(node, *widths, 5));
  if (result.codes.bipolar) {
    FINNR_ASSIGN(const std::int64_t narrow, node.integer("narrow", 0));
    result.codes = {narrow != 0 ? 0 : -1, 0, false};
  }
  result.out_scale = as_float_tensor(*out_scale);
  return result;
}

}  // namespace

Result<Operand> truncated_codes(NodeImport& node, Rounding rounding, const Operand& x) {
  FINNR_ASSIGN(const ValueId numbers, node.value_of(x, 0));
  FINNR_ASSIGN(const ValueId codes, node.add(Quantize{QuantizeStyle::kQonnx, rounding, kUnclamped, {{1.0F}, 0}, {{0.0F}, 0}}, {numbers}));
  FINNR_ASSIGN(const ValueId levels, node.add(Dequantize{{{1.0}, 0}, {{0}, 0}}, {codes}));
  return node.made(levels, StoredType::kFloat32, x);
}

Status import_trunc(NodeImport& node) {
  const bool first = node.input_count() == 5;
  FINNR_ASSIGN(const ConstantTensor scale, read_scale(node, 1, "the scale"));
  FINNR_ASSIGN(const ConstantTensor zero, read_zero(node));
  FINNR_ASSIGN(Truncation t, first ? read_first(node) : read_second(node));
  FINNR_ASSIGN(t.rounding, read_rounding(node, "FLOOR"));
  FINNR_ASSIGN(Operand x, node.operand(0));
  FINNR_RETURN_IF_ERROR(check_float(node, x, 0));
  const Shape shape = node.shape(x);
  FINNR_ASSIGN(t.scale, parameter_on(node, 1, "the scale", *scale, shape));
  FINNR_ASSIGN(t.zero, parameter_on(node, 2, "the zero point", *zero, shape));
  if (first) {
    t.out_scale = t.scale;
    t.out_zero = t.zero;
  } else {
    FINNR_ASSIGN(t.out_scale, parameter_on(node, 4, "the output scale", t.out_scale, shape));
    FINNR_ASSIGN(t.divisor, fold_binary(BinaryFunction::kDiv, t.out_scale, t.scale, StoredType::kFloat32));
    if (std::ranges::any_of(t.divisor.floats(), [](float r) { return !(r > 0); }))
      return node.input_error(Code::kBadQuantizer, 4, "the scales of Trunc differ in sign").because("their quotient is a power of two");
    t.divisor = mapped(t.divisor, [](float ratio) { return std::exp2(std::nearbyint(std::log2(ratio))); });
    FINNR_ASSIGN(t.out_zero, fold_binary(BinaryFunction::kDiv, t.zero, t.divisor, StoredType::kFloat32));
  }
  return node.give(truncated(node, t, std::move(x)));
}

}  // namespace finnr
