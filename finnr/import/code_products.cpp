// SPDX-License-Identifier: Apache-2.0
// Products that ONNX defines on codes. QLinear operators are the same product of numbers between dequantizers and a quantizer;
// the Integer operators multiply codes less their zero points.
#include <fmt/format.h>

#include <algorithm>

#include "finnr/import/convolutions.h"
#include "finnr/import/importers.h"
#include "finnr/import/quantizer_parameters.h"
#include "finnr/import/steps.h"

namespace finnr {
namespace {

using ConstantTensor = std::shared_ptr<const Tensor>;

/// One number, or one for each index of an axis.
Result<PerAxis<float>> along(NodeImport& node, std::size_t i, std::string_view what, const Tensor& tensor, const Shape& x, int axis) {
  const Tensor::Floats values = as_floats(tensor);
  if (values.size() == 1) return PerAxis<float>{values, 0};
  const auto size = static_cast<std::int64_t>(values.size());
  if (tensor.shape().size() == 1 && axis >= 0 && axis < static_cast<int>(x.size()) && size == x[static_cast<std::size_t>(axis)])
    return PerAxis<float>{values, axis};
  return node.input_error(Code::kShapeMismatch, i,
                          fmt::format("{} of shape {} does not fit {}", what, to_text(tensor.shape()), to_text(x)));
}

/// Zero points of input i, or 0 where it is left out.
Result<ConstantTensor> read_zeros(NodeImport& node, std::size_t i) {
  if (!node.has_input(i)) return std::make_shared<const Tensor>(Tensor::scalar(0.0F));
  FINNR_ASSIGN(ConstantTensor zeros, node.parameter(i, "the zero point"));
  FINNR_RETURN_IF_ERROR(check_zeros(node, i, *zeros));
  return zeros;
}

Result<PerAxis<float>> read_scales(NodeImport& node, std::size_t i, const Shape& x, int axis) {
  FINNR_ASSIGN(const ConstantTensor scales, node.parameter(i, "the scale"));
  FINNR_RETURN_IF_ERROR(check_scales(node, i, *scales));
  return along(node, i, "the scale", *scales, x, axis);
}

Status check_codes(const NodeImport& node, const Operand& codes, std::size_t i) {
  if (!is_float(codes.stored) && machine_range(codes.stored)->bits() <= 32) return ok_status();
  return node.input_error(Code::kTypeMismatch, i, fmt::format("{} takes integer codes of up to 32 bits", node.node().type));
}

/// Codes, scale and zero point at inputs i, i + 1 and i + 2, as numbers.
struct Numbers {
  Operand operand;
  PerAxis<float> scale;
};
Result<Numbers> dequantized(NodeImport& node, std::size_t i, int axis) {
  FINNR_ASSIGN(const ConstantTensor zeros, read_zeros(node, i + 2));
  FINNR_ASSIGN(const Operand codes, node.operand(i));
  FINNR_RETURN_IF_ERROR(check_codes(node, codes, i));
  const Shape shape = node.shape(codes);
  FINNR_ASSIGN(const PerAxis<float> scale, read_scales(node, i + 1, shape, axis));
  FINNR_ASSIGN(const PerAxis<float> zero, along(node, i + 2, "the zero point", *zeros, shape, axis));
  FINNR_ASSIGN(const ValueId value, node.value(i));
  FINNR_ASSIGN(const ValueId numbers, node.add(dequantize_of(scale, zero), {value}));
  return Numbers{node.made(numbers, StoredType::kFloat32, codes), scale};
}

/// y as codes with scale and zero point at inputs i and i + 1; the zero point decides their type.
Status give_quantized(NodeImport& node, const Operand& y, std::size_t i) {
  FINNR_ASSIGN(const ConstantTensor zeros, read_zeros(node, i + 1));
  const StoredType type = node.has_input(i + 1) ? node.operand(i + 1)->stored : StoredType::kUint8;
  const std::optional<IntType> range = machine_range(type);
  if (!range || range->bits() > 16)
    return node.input_error(Code::kBadQuantizer, i + 1, fmt::format("{} to {} is not supported", node.node().type, to_text(type)));
  const Shape shape = node.shape(y);
  Quantize quantize{QuantizeStyle::kOnnx, Rounding::kHalfEven, *range, {}, {}};
  FINNR_ASSIGN(quantize.scale, read_scales(node, i, shape, -1));
  FINNR_ASSIGN(quantize.zero, along(node, i + 1, "the zero point", *zeros, shape, -1));
  FINNR_ASSIGN(const ValueId numbers, node.value_of(y, node.input_count()));
  FINNR_ASSIGN(const ValueId codes, node.add(std::move(quantize), {numbers}));
  return node.give(node.made(codes, type, y));
}

/// Stored sums at input i as numbers: their scale is the exact product of the operands' scales.
Result<Operand> dequantized_bias(NodeImport& node, std::size_t i, const PerAxis<float>& x, const PerAxis<float>& weights) {
  FINNR_ASSIGN(const Operand bias, node.operand(i));
  FINNR_RETURN_IF_ERROR(check_codes(node, bias, i));
  const Shape shape = node.shape(bias);
  if (shape.size() != 1 || (!weights.uniform() && shape[0] != static_cast<std::int64_t>(weights.values.size())))
    return node.input_error(Code::kShapeMismatch, i, fmt::format("a bias of shape {} does not fit the output channels", to_text(shape)));
  FINNR_ASSIGN(const ValueId sums, node.value(i));
  Dequantize dequantize{{{}, 0}, {{0}, 0}};
  for (const float scale : weights.values) dequantize.scale.values.push_back(static_cast<double>(scale) * static_cast<double>(x.values[0]));
  FINNR_ASSIGN(const ValueId numbers, node.add(std::move(dequantize), {sums}));
  return node.made(numbers, StoredType::kFloat32);
}

/// The codes at input i less the zero point at input `zero_at`; those of the axis where there are several.
Result<Operand> centered(NodeImport& node, std::size_t i, std::size_t zero_at, int axis) {
  FINNR_ASSIGN(const ConstantTensor zeros, read_zeros(node, zero_at));
  FINNR_ASSIGN(Operand codes, node.operand(i));
  FINNR_RETURN_IF_ERROR(check_codes(node, codes, i));
  const Shape shape = node.shape(codes);
  FINNR_ASSIGN(const PerAxis<float> zero, along(node, zero_at, "the zero point", *zeros, shape, axis));
  FINNR_ASSIGN(codes.value, node.value(i));
  codes.state = Operand::State::kValue;
  if (std::ranges::all_of(zero.values, [](float z) { return z == 0; })) return codes;
  const IntType range = node.graph().value(codes.value).type.ints;
  const auto [least, most] = std::ranges::minmax(zero.values);
  const IntType moved = {range.lo - static_cast<std::int64_t>(most), range.hi - static_cast<std::int64_t>(least), false};
  if (moved.bits() > 24) return node.input_error(Code::kTypeMismatch, i, "codes less their zero point have more than 24 bits");
  FINNR_ASSIGN(const ValueId numbers, node.add(dequantize_of({{1.0F}, 0}, zero), {codes.value}));
  FINNR_ASSIGN(codes.value, node.add(Quantize{QuantizeStyle::kOnnx, Rounding::kHalfEven, moved, {{1.0F}, 0}, {{0.0F}, 0}}, {numbers}));
  return codes;
}

Status give_sums(NodeImport& node, Operand y) {
  y.stored = StoredType::kInt32;
  const ElementType& type = node.graph().value(y.value).type;
  const IntType range = *machine_range(StoredType::kInt32);
  if (range.contains(type.ints.lo) && range.contains(type.ints.hi)) return node.give(std::move(y));
  return NodeImport::error(Code::kTypeMismatch, "an integer product leaves the range of int32").because("it would wrap");
}

}  // namespace

Status import_qlinear_conv(NodeImport& node) {
  FINNR_ASSIGN(ConvAttributes given, read_conv(node));
  given.weights_input = 3;
  FINNR_ASSIGN(const Numbers x, dequantized(node, 0, -1));
  FINNR_ASSIGN(const Numbers weights, dequantized(node, 3, 0));
  FINNR_ASSIGN(Operand y, convolve(node, given, x.operand, weights.operand));
  if (node.has_input(8)) {
    FINNR_ASSIGN(const Operand bias, dequantized_bias(node, 8, x.scale, weights.scale));
    FINNR_ASSIGN(y, add_bias(node, std::move(y), bias, 8));
  }
  return give_quantized(node, y, 6);
}

Status import_qlinear_matmul(NodeImport& node) {
  FINNR_ASSIGN(const Numbers a, dequantized(node, 0, -1));
  FINNR_ASSIGN(const Operand right, node.operand(3));
  FINNR_ASSIGN(const Numbers b, dequantized(node, 3, static_cast<int>(node.shape(right).size()) - 1));
  FINNR_ASSIGN(const ValueId y, node.add(MatMul{}, {a.operand.value, b.operand.value}));
  return give_quantized(node, node.made(y, StoredType::kFloat32), 6);
}

Status import_conv_integer(NodeImport& node) {
  FINNR_ASSIGN(ConvAttributes given, read_conv(node));
  given.codes = true;
  FINNR_ASSIGN(const Operand x, centered(node, 0, 2, -1));
  FINNR_ASSIGN(const Operand weights, centered(node, 1, 3, 0));
  FINNR_ASSIGN(Operand y, convolve(node, given, x, weights));
  return give_sums(node, std::move(y));
}

Status import_matmul_integer(NodeImport& node) {
  FINNR_ASSIGN(const Operand a, centered(node, 0, 2, -1));
  FINNR_ASSIGN(const Operand right, node.operand(1));
  FINNR_ASSIGN(const Operand b, centered(node, 1, 3, static_cast<int>(node.shape(right).size()) - 1));
  FINNR_ASSIGN(const ValueId y, node.add(MatMul{}, {a.value, b.value}));
  return give_sums(node, node.made(y, StoredType::kInt32));
}

}  // namespace finnr
