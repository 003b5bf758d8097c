// SPDX-License-Identifier: Apache-2.0
// A quantizer becomes a Quantize, which gives integer codes, and a Dequantize, which gives them their values back.
#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "finnr/import/importers.h"
#include "finnr/import/names.h"
#include "finnr/import/quantizer_parameters.h"

namespace finnr {
namespace {

constexpr std::int64_t kExactIntegers = std::int64_t{1} << 53;

using ConstantTensor = std::shared_ptr<const Tensor>;

PerAxis<float> no_zero() { return {{0.0F}, 0}; }

/// The rounding mode that does to -x what `rounding` does to x.
Rounding mirrored(Rounding rounding) {
  return rounding == Rounding::kFloor ? Rounding::kCeil : rounding == Rounding::kCeil ? Rounding::kFloor : rounding;
}

/// A quantizer whose scales are all negative gives the same values with positive scales and mirrored codes, step by step in
/// float32; so larger codes mean larger numbers. The sign of one bit is no such quantizer: it has no mirror at 0.
void make_positive(Quantize& quantize) {
  if (quantize.codes.bipolar || std::ranges::any_of(quantize.scale.values, [](float s) { return s > 0; })) return;
  quantize.codes = {-quantize.codes.hi, -quantize.codes.lo, false};
  quantize.rounding = mirrored(quantize.rounding);
  for (float& s : quantize.scale.values) s = -s;
  for (float& z : quantize.zero.values) z = -z;
}

}  // namespace

Status import_quant(NodeImport& node) {
  FINNR_ASSIGN(const ConstantTensor scales, node.parameter(1, "the scale"));
  FINNR_RETURN_IF_ERROR(check_scales(node, 1, *scales));
  FINNR_ASSIGN(const ConstantTensor zeros, node.parameter(2, "the zero point"));
  FINNR_RETURN_IF_ERROR(check_zeros(node, 2, *zeros));
  FINNR_ASSIGN(const ConstantTensor widths, node.parameter(3, "the bit width"));
  Quantize quantize;
  FINNR_ASSIGN(quantize.codes, code_range(node, *widths, 3));
  FINNR_ASSIGN(quantize.rounding, read_rounding(node, "ROUND"));

  FINNR_ASSIGN(const ValueId x, node.value(0));
  const Shape& shape = node.graph().value(x).shape;
  FINNR_ASSIGN(quantize.scale, broadcast_parameter(node, 1, "the scale", *scales, shape));
  FINNR_ASSIGN(quantize.zero, broadcast_parameter(node, 2, "the zero point", *zeros, shape));
  make_positive(quantize);
  const Dequantize dequantize = dequantize_of(quantize.scale, quantize.zero);
  FINNR_ASSIGN(const ValueId codes, node.add(std::move(quantize), {x}));
  FINNR_ASSIGN(const ValueId y, node.add(dequantize, {codes}));
  return node.give(node.made(y, StoredType::kFloat32));
}

Status import_bipolar_quant(NodeImport& node) {
  FINNR_ASSIGN(const ConstantTensor scales, node.parameter(1, "the scale"));
  FINNR_RETURN_IF_ERROR(check_scales(node, 1, *scales));
  FINNR_ASSIGN(const ValueId x, node.value(0));
  FINNR_ASSIGN(const PerAxis<float> scale, broadcast_parameter(node, 1, "the scale", *scales, node.graph().value(x).shape));
  FINNR_ASSIGN(const ValueId codes,
               node.add(Quantize{QuantizeStyle::kBipolar, Rounding::kHalfEven, IntType::bipolar_type(), {{1.0F}, 0}, no_zero()}, {x}));
  FINNR_ASSIGN(const ValueId y, node.add(dequantize_of(scale, no_zero()), {codes}));
  return node.give(node.made(y, StoredType::kFloat32));
}

namespace {

/// scale * count + bias for every possible count, as the operator's definition computes it.
float level(float scale, float bias, std::int64_t steps) { return scale * static_cast<float>(steps) + bias; }

bool is_small_integer(float x) { return std::floor(x) == x && std::abs(x) < 0x1p20F; }

/// The zero point that stands for the bias: exact for every count, or nothing.
std::optional<std::int64_t> zero_for_bias(float scale, float bias, std::int64_t steps) {
  const double zero = -static_cast<double>(bias) / static_cast<double>(scale);
  if (std::floor(zero) != zero || std::abs(zero) > 0x1p31) return std::nullopt;
  const auto whole = static_cast<std::int64_t>(zero);
  for (std::int64_t n = 0; n <= steps; ++n) {
    if (dequantize(n, scale, whole) != level(scale, bias, n)) return std::nullopt;
  }
  return whole;
}

Result<ConstantTensor> threshold_table(NodeImport& node) {
  FINNR_ASSIGN(const ConstantTensor table, node.parameter(1, "the table of thresholds"));
  if (table->shape().size() != 2 || table->size() == 0) {
    return node.input_error(Code::kShapeMismatch, 1,
                            fmt::format("the table of thresholds has shape {}, [channels, steps] is expected", to_text(table->shape())));
  }
  if (table->is_float() && std::ranges::any_of(table->floats(), [](float t) { return std::isnan(t); }))
    return node.input_error(Code::kNotANumber, 1, "a threshold is NaN");
  return table;
}

Result<float> finite_number(NodeImport& node, std::string_view name, float otherwise) {
  FINNR_ASSIGN(const float value, node.number(name, otherwise));
  if (!std::isfinite(value)) return NodeImport::attribute_error(Code::kBadQuantizer, name, fmt::format("{} is not finite", name));
  return value;
}

}  // namespace

Status import_multi_threshold(NodeImport& node) {
  FINNR_ASSIGN(const ConstantTensor table, threshold_table(node));
  FINNR_ASSIGN(const float scale, finite_number(node, "out_scale", 1.0F));
  FINNR_ASSIGN(const float bias, finite_number(node, "out_bias", 0.0F));
  FINNR_ASSIGN(const std::string layout, node.text("data_layout", "NCHW"));
  if (scale == 0)
    return NodeImport::attribute_error(Code::kBadQuantizer, "out_scale", "out_scale is zero").because("all results would be equal");

  FINNR_ASSIGN(const ValueId x, node.value(0));
  const std::size_t rank = node.graph().value(x).shape.size();
  if (rank < 2) return node.input_error(Code::kShapeMismatch, 0, "MultiThreshold needs data of at least 2 axes");
  FINNR_ASSIGN(const Operand thresholds, node.made(Tensor(table->shape(), as_floats(*table)), StoredType::kFloat32));
  const std::int64_t steps = table->shape()[1];

  CountThresholds count;
  count.axis = layout.ends_with('C') ? static_cast<int>(rank) - 1 : 1;
  PerAxis<float> value_scale{{scale}, 0};
  PerAxis<float> value_zero = no_zero();
  bool add_bias = false;
  const bool integers =
      scale > 0 && is_small_integer(scale) && is_small_integer(bias) && steps < (1 << 20) && std::abs(level(scale, bias, steps)) < 0x1p24F;
  if (integers) {
    count.step = static_cast<std::int64_t>(scale);
    count.base = static_cast<std::int64_t>(bias);
    count.bipolar = steps == 1 && count.step == 2 && count.base == -1;
    value_scale = {{1.0F}, 0};
  } else if (const std::optional<std::int64_t> zero = zero_for_bias(scale, bias, steps)) {
    value_zero = {{static_cast<float>(*zero)}, 0};
  } else {
    add_bias = bias != 0;
  }
  FINNR_ASSIGN(const ValueId table_value, node.unchecked_value(thresholds, 1));
  FINNR_ASSIGN(const ValueId codes, node.add(count, {x, table_value}));
  FINNR_ASSIGN(ValueId y, node.add(dequantize_of(value_scale, value_zero), {codes}));
  if (add_bias) {
    FINNR_ASSIGN(const Operand constant, node.made(Tensor::scalar(bias), StoredType::kFloat32));
    FINNR_ASSIGN(const ValueId bias_value, node.value_of(constant, node.input_count()));
    FINNR_ASSIGN(y, node.add(Binary{BinaryFunction::kAdd}, {y, bias_value}));
  }
  return node.give(node.made(y, StoredType::kFloat32));
}

namespace {

/// uint8 unless the zero point or the attribute says otherwise.
Result<StoredType> quantized_type(NodeImport& node) {
  FINNR_ASSIGN(const std::int64_t named, node.integer("output_dtype", 0));
  StoredType type = named > 0 && named < 100 ? static_cast<StoredType>(named) : StoredType::kUint8;
  if (node.has_input(2)) {
    FINNR_ASSIGN(const Operand zero, node.operand(2));
    type = zero.stored;
  }
  const std::optional<IntType> range = machine_range(type);
  if (!range || range->bits() > 32)
    return NodeImport::error(Code::kBadQuantizer, fmt::format("QuantizeLinear to {} is not supported", to_text(type)))
        .because("codes are integers of up to 32 bits");
  return type;
}

Result<ConstantTensor> zero_table(NodeImport& node) {
  if (!node.has_input(2)) return std::make_shared<const Tensor>(Tensor::scalar(0.0F));
  FINNR_ASSIGN(ConstantTensor zeros, node.parameter(2, "the zero point"));
  FINNR_RETURN_IF_ERROR(check_zeros(node, 2, *zeros));
  return zeros;
}

Status refuse_blocks(NodeImport& node) {
  FINNR_ASSIGN(const std::int64_t block, node.integer("block_size", 0));
  if (block == 0) return ok_status();
  return NodeImport::attribute_error(Code::kBadQuantizer, "block_size", "quantization in blocks is not supported")
      .because("one scale, or one per channel, is");
}

}  // namespace

Status import_quantize_linear(NodeImport& node) {
  FINNR_RETURN_IF_ERROR(refuse_blocks(node));
  FINNR_ASSIGN(const ConstantTensor scales, node.parameter(1, "the scale"));
  FINNR_RETURN_IF_ERROR(check_scales(node, 1, *scales));
  FINNR_ASSIGN(const ConstantTensor zeros, zero_table(node));
  FINNR_ASSIGN(const StoredType type, quantized_type(node));
  FINNR_ASSIGN(const ValueId x, node.value(0));
  const Shape& shape = node.graph().value(x).shape;
  Quantize quantize{QuantizeStyle::kOnnx, Rounding::kHalfEven, *machine_range(type), {}, {}};
  FINNR_ASSIGN(quantize.scale, listed_parameter(node, 1, "the scale", *scales, shape));
  FINNR_ASSIGN(quantize.zero, listed_parameter(node, 2, "the zero point", *zeros, shape));
  FINNR_ASSIGN(const ValueId codes, node.add(std::move(quantize), {x}));
  return node.give(node.made(codes, type));
}

Status import_dequantize_linear(NodeImport& node) {
  FINNR_RETURN_IF_ERROR(refuse_blocks(node));
  FINNR_ASSIGN(const ConstantTensor scales, node.parameter(1, "the scale"));
  FINNR_RETURN_IF_ERROR(check_scales(node, 1, *scales));
  FINNR_ASSIGN(const ConstantTensor zeros, zero_table(node));
  FINNR_ASSIGN(const ValueId codes, node.value(0));
  const Value& value = node.graph().value(codes);
  if (!value.type.is_float && (value.type.ints.lo <= -kExactIntegers || value.type.ints.hi >= kExactIntegers)) {
    return node.input_error(Code::kTypeMismatch, 0, "integers beyond 2^53 cannot be dequantized exactly");
  }
  FINNR_ASSIGN(const PerAxis<float> scale, listed_parameter(node, 1, "the scale", *scales, value.shape));
  FINNR_ASSIGN(const PerAxis<float> zero, listed_parameter(node, 2, "the zero point", *zeros, value.shape));
  FINNR_ASSIGN(const ValueId y, node.add(dequantize_of(scale, zero), {codes}));
  return node.give(node.made(y, StoredType::kFloat32));
}

}  // namespace finnr
