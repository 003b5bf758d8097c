// SPDX-License-Identifier: Apache-2.0
// Each function maps constants at once and everything else to one operator of the graph.
#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <limits>

#include "finnr/import/folding.h"
#include "finnr/import/importers.h"
#include "finnr/import/names.h"
#include "finnr/import/steps.h"

namespace finnr {
namespace {

/// Attributes of a function and their defaults in the operators' definitions.
struct Parameters {
  UnaryFunction function;
  std::string_view alpha;
  float alpha_default;
  std::string_view beta;
  float beta_default;
};

constexpr Parameters kParameters[] = {
    {UnaryFunction::kLeakyRelu, "alpha", 0.01F, "", 0},
    {UnaryFunction::kElu, "alpha", 1, "", 0},
    {UnaryFunction::kSelu, "alpha", 1.67326319217681884765625F, "gamma", 1.05070102214813232421875F},
    {UnaryFunction::kCelu, "alpha", 1, "", 0},
    {UnaryFunction::kHardSigmoid, "alpha", 0.2F, "beta", 0.5F},
    {UnaryFunction::kThresholdedRelu, "alpha", 1, "", 0},
};

Result<float> finite_parameter(NodeImport& node, std::string_view name, float otherwise) {
  if (name.empty()) return 0.0F;
  FINNR_ASSIGN(const float value, node.number(name, otherwise));
  if (!std::isfinite(value))
    return NodeImport::attribute_error(Code::kBadAttribute, name, fmt::format("attribute '{}' is not finite", name));
  return value;
}

/// Abs, Neg, Sign and Relu of stored integers, as the arithmetic of shapes has them.
Result<Operand> on_integers(NodeImport& node, UnaryFunction function, const Operand& x) {
  Tensor result = *x.constant;
  for (std::int64_t& value : result.ints()) {
    const std::uint64_t negative = 0 - static_cast<std::uint64_t>(value);
    switch (function) {
      case UnaryFunction::kAbs:
        value = value < 0 ? wrap(x.stored, negative) : value;
        break;
      case UnaryFunction::kNeg:
        value = wrap(x.stored, negative);
        break;
      case UnaryFunction::kSign:
        value = (value > 0) - (value < 0);
        break;
      case UnaryFunction::kRelu:
        value = std::max<std::int64_t>(value, 0);
        break;
      default:
        return node.input_error(Code::kTypeMismatch, 0, fmt::format("{} takes float numbers", printable(full_type(node.node()))))
            .because("the operand holds integers");
    }
  }
  return node.made(std::move(result), x.stored);
}

Result<ValueId> as_float_value(NodeImport& node, ValueId value) {
  const ElementType& type = node.graph().value(value).type;
  if (type.is_float) return value;
  constexpr std::int64_t kExact = std::int64_t{1} << 53;
  if (type.ints.lo <= -kExact || type.ints.hi >= kExact)
    return NodeImport::error(Code::kTypeMismatch, "integers beyond 2^53 do not become float numbers exactly");
  return node.add(Dequantize{{{1.0}, 0}, {{0}, 0}}, {value});
}

/// What may be asked of machine integers that are not stored: the rest could trap or run for ever.
Status check_integers(NodeImport& node, BinaryFunction function, const Operand& b, std::size_t i) {
  const auto refuse = [&](std::string cause) {
    return node.input_error(Code::kTypeMismatch, i, fmt::format("{} of integers is not supported here", to_text(function)))
        .because(std::move(cause))
        .fix("convert to float numbers with Cast, or quantize");
  };
  if (function == BinaryFunction::kPrelu) return refuse("PRelu takes float numbers");
  if (function != BinaryFunction::kPow) return ok_status();
  if (!b.is_constant()) return refuse("the second operand must be a constant");
  for (const std::int64_t value : b.constant->ints()) {
    if (value < 0 || value > 64) return refuse(fmt::format("the second operand holds {}", value));
  }
  return ok_status();
}

}  // namespace

Result<Operand> unary_step(NodeImport& node, const Operand& x, const Unary& op) {
  if (!x.is_constant()) {
    FINNR_ASSIGN(const ValueId value, node.value_of(x, 0));
    FINNR_ASSIGN(const ValueId y, node.add(op, {value}));
    return node.made(y, x.stored, x);
  }
  if (!x.constant->is_float()) return on_integers(node, op.function, x);
  return node.made(fold_unary(op.function, op.alpha, op.beta, *x.constant), x.stored);
}

Result<Operand> binary_step(NodeImport& node, BinaryFunction function, Operand a, std::size_t ia, Operand b, std::size_t ib) {
  if (function == BinaryFunction::kPow && is_float(a.stored) && !is_float(b.stored)) {
    if (b.is_constant()) {
      FINNR_ASSIGN(Tensor exponent, cast_constant(*b.constant, StoredType::kFloat32));
      FINNR_ASSIGN(b, node.made(std::move(exponent), StoredType::kFloat32));
    } else {
      FINNR_ASSIGN(b.value, as_float_value(node, b.value));
      b.stored = StoredType::kFloat32;
    }
  }
  if (is_float(a.stored) != is_float(b.stored) || (!is_float(a.stored) && a.stored != b.stored)) {
    return node
        .input_error(Code::kTypeMismatch, ib, fmt::format("{} of {} and {}", to_text(function), to_text(a.stored), to_text(b.stored)))
        .because("both operands must have one element type");
  }
  if (a.is_constant() && b.is_constant()) {
    if (const std::optional<Shape> shape = broadcast(a.constant->shape(), b.constant->shape())) {
      FINNR_RETURN_IF_ERROR(node.charge(checked_count(*shape).value_or(0)));
    }
    FINNR_ASSIGN(Tensor result, fold_binary(function, *a.constant, *b.constant, a.stored));
    return node.made(std::move(result), a.stored);
  }
  if (!is_float(a.stored)) FINNR_RETURN_IF_ERROR(check_integers(node, function, b, ib));
  FINNR_ASSIGN(const ValueId left, node.machine_value(a, ia));
  FINNR_ASSIGN(const ValueId right, node.machine_value(b, ib));
  FINNR_ASSIGN(const ValueId y, node.add(Binary{function}, {left, right}));
  return node.made(y, a.stored, a.batch_axis >= 0 ? a : b);
}

Status import_unary(NodeImport& node, UnaryFunction function) {
  Unary op{function, 0, 0};
  const auto found = std::ranges::find(kParameters, function, &Parameters::function);
  if (found != std::end(kParameters)) {
    FINNR_ASSIGN(op.alpha, finite_parameter(node, found->alpha, found->alpha_default));
    FINNR_ASSIGN(op.beta, finite_parameter(node, found->beta, found->beta_default));
  }
  if (function == UnaryFunction::kCelu && op.alpha == 0)
    return NodeImport::attribute_error(Code::kBadAttribute, "alpha", "attribute 'alpha' is zero").because("Celu divides by it");
  FINNR_ASSIGN(const Operand x, node.operand(0));
  return node.give(unary_step(node, x, op));
}

Status import_gelu(NodeImport& node) {
  FINNR_ASSIGN(const std::string approximate, node.text("approximate", "none"));
  if (approximate != "none") {
    return NodeImport::attribute_error(Code::kBadAttribute, "approximate",
                                       fmt::format("Gelu with approximation '{}' is not supported", printable(approximate)))
        .fix("train with the exact Gelu");
  }
  return import_unary(node, UnaryFunction::kGelu);
}

Status import_binary(NodeImport& node, BinaryFunction function) {
  FINNR_ASSIGN(Operand a, node.operand(0));
  FINNR_ASSIGN(Operand b, node.operand(1));
  return node.give(binary_step(node, function, std::move(a), 0, std::move(b), 1));
}

Status import_mod(NodeImport& node) {
  FINNR_ASSIGN(const std::int64_t as_fmod, node.integer("fmod", 0));
  if (as_fmod != 0 && as_fmod != 1)
    return NodeImport::attribute_error(Code::kBadAttribute, "fmod", fmt::format("attribute 'fmod' is {}", as_fmod))
        .because("Mod knows 0, the sign of the divisor, and 1, that of the dividend");
  FINNR_ASSIGN(const Operand a, node.operand(0));
  if (as_fmod == 0 && is_float(a.stored))
    return NodeImport::attribute_error(Code::kBadAttribute, "fmod", "Mod of float numbers has the attribute 'fmod' 0")
        .because("its definition has 0 for integers only")
        .fix("export with fmod=1: the result has the sign of the dividend");
  return import_binary(node, as_fmod == 1 ? BinaryFunction::kFmod : BinaryFunction::kMod);
}

Status import_chain(NodeImport& node, BinaryFunction function) {
  FINNR_ASSIGN(Operand sum, node.operand(0));
  for (std::size_t i = 1; i < node.input_count(); ++i) {
    FINNR_ASSIGN(Operand next, node.operand(i));
    FINNR_ASSIGN(sum, binary_step(node, function, std::move(sum), 0, std::move(next), i));
  }
  return node.give(std::move(sum));
}

Status import_mean(NodeImport& node) {
  FINNR_ASSIGN(Operand sum, node.operand(0));
  for (std::size_t i = 1; i < node.input_count(); ++i) {
    FINNR_ASSIGN(Operand next, node.operand(i));
    FINNR_ASSIGN(sum, binary_step(node, BinaryFunction::kAdd, std::move(sum), 0, std::move(next), i));
  }
  FINNR_ASSIGN(Operand number, node.made(Tensor::scalar(static_cast<float>(node.input_count())), StoredType::kFloat32));
  return node.give(binary_step(node, BinaryFunction::kDiv, std::move(sum), 0, std::move(number), node.input_count()));
}

namespace {

/// Limits as attributes (before opset 11) or inputs; absent ones do not limit.
Result<std::optional<float>> float_limit(NodeImport& node, std::size_t i, std::string_view name) {
  std::optional<float> limit;
  if (node.attribute(name) != nullptr) {
    FINNR_ASSIGN(limit, node.number(name, 0));
  } else if (node.has_input(i)) {
    FINNR_ASSIGN(limit, node.number_parameter(i, name == "min" ? "the lower limit" : "the upper limit"));
  }
  if (limit && std::isnan(*limit)) return node.input_error(Code::kNotANumber, i, fmt::format("the {} of Clip is NaN", name));
  return limit;
}

Result<Operand> clip_floats(NodeImport& node) {
  FINNR_ASSIGN(const std::optional<float> low, float_limit(node, 1, "min"));
  FINNR_ASSIGN(const std::optional<float> high, float_limit(node, 2, "max"));
  FINNR_ASSIGN(Operand x, node.operand(0));
  if (!low && !high) return x;
  constexpr float kLargest = std::numeric_limits<float>::max();
  return unary_step(node, x,
                    Unary{UnaryFunction::kClip, std::clamp(low.value_or(-kLargest), -kLargest, kLargest),
                          std::clamp(high.value_or(kLargest), -kLargest, kLargest)});
}

Result<std::int64_t> integer_limit(NodeImport& node, std::size_t i, std::int64_t otherwise) {
  if (!node.has_input(i)) return otherwise;
  FINNR_ASSIGN(const std::vector<std::int64_t> values, node.integers_parameter(i, i == 1 ? "the lower limit" : "the upper limit"));
  if (values.size() != 1) return node.input_error(Code::kShapeMismatch, i, "a limit of Clip is one number");
  return values[0];
}

/// A clip of codes belongs to their quantizer: it makes fewer of them.
Result<Operand> clip_integers(NodeImport& node, const Operand& x, const IntType& machine) {
  FINNR_ASSIGN(const std::int64_t low, integer_limit(node, 1, machine.lo));
  FINNR_ASSIGN(const std::int64_t high, integer_limit(node, 2, machine.hi));
  const auto clip = [&](std::int64_t code) { return std::min(std::max(code, low), high); };
  if (x.is_constant()) {
    Tensor result = *x.constant;
    for (std::int64_t& code : result.ints()) code = clip(code);
    return node.made(std::move(result), x.stored);
  }
  const Value& value = node.graph().value(x.value);
  if (clip(value.type.ints.lo) == value.type.ints.lo && clip(value.type.ints.hi) == value.type.ints.hi) return x;
  if (const Quantize* producer = node.graph().producer_as<Quantize>(x.value); producer != nullptr && !producer->codes.bipolar) {
    Quantize narrower = *producer;
    narrower.codes = {clip(producer->codes.lo), clip(producer->codes.hi), false};
    const Node& quantizer = node.graph().node(value.producer);
    const std::vector<ValueId> inputs = quantizer.inputs;
    const Origin origin = quantizer.origin;
    FINNR_ASSIGN(const NodeId added, node.add_node(std::move(narrower), inputs, origin));
    return node.made(node.graph().node(added).outputs[0], x.stored);
  }
  FINNR_ASSIGN(Operand lower, node.made(Tensor::scalar(low), x.stored));
  FINNR_ASSIGN(Operand upper, node.made(Tensor::scalar(high), x.stored));
  FINNR_ASSIGN(Operand raised, binary_step(node, BinaryFunction::kMax, x, 0, std::move(lower), 1));
  return binary_step(node, BinaryFunction::kMin, std::move(raised), 0, std::move(upper), 2);
}

}  // namespace

Status import_clip(NodeImport& node) {
  Result<Operand> x = node.operand(0);
  if (x.ok() && !is_float(x->stored)) return node.give(clip_integers(node, *x, machine_range(x->stored).value_or(IntType())));
  return node.give(clip_floats(node));
}

Status import_cast(NodeImport& node) {
  FINNR_ASSIGN(const std::int64_t number, node.integer("to", 0));
  const auto to = static_cast<StoredType>(number > 0 && number < 100 ? number : 0);
  if (node.attribute("to") == nullptr || (!is_float(to) && !machine_range(to))) {
    return NodeImport::attribute_error(Code::kBadAttribute, "to", fmt::format("Cast to {} is not supported", to_text(to)))
        .because("finnr knows floats of 16 to 64 bits, integers and booleans");
  }
  FINNR_ASSIGN(Operand x, node.operand(0));
  const auto refuse = [&](std::string cause) {
    return node.input_error(Code::kTypeMismatch, 0, fmt::format("Cast from {} to {} is not supported", to_text(x.stored), to_text(to)))
        .because(std::move(cause))
        .fix("use a quantizer");
  };
  if (x.is_constant()) {
    FINNR_ASSIGN(Tensor result, cast_constant(*x.constant, to));
    return node.give(node.made(std::move(result), to));
  }
  if (is_float(to)) {
    if (to == StoredType::kFloat16 || to == StoredType::kBfloat16)
      return refuse("rounding to 16-bit floats is no part of a quantized network");
    if (is_float(x.stored)) return node.give(std::move(x));
    FINNR_ASSIGN(const ValueId y, as_float_value(node, x.value));
    return node.give(node.made(y, StoredType::kFloat32));
  }
  if (is_float(x.stored)) return refuse("cutting numbers to integers is no quantizer");
  const IntType range = node.graph().value(x.value).type.ints;
  const IntType machine = *machine_range(to);
  if (!machine.contains(range.lo) || !machine.contains(range.hi)) return refuse("the integers do not fit and would wrap");
  x.stored = to;
  return node.give(std::move(x));
}

Status import_rename(NodeImport& node) {
  FINNR_ASSIGN(Operand x, node.operand(0));
  return node.give(std::move(x));
}

Status import_dropout(NodeImport& node) {
  FINNR_ASSIGN(const std::int64_t is_test, node.integer("is_test", 1));
  bool training = is_test == 0;
  if (node.has_input(2)) {
    FINNR_ASSIGN(const float flag, node.number_parameter(2, "the training flag"));
    training = flag != 0;
  }
  if (training)
    return NodeImport::error(Code::kTrainingMode, "dropout is in training mode")
        .because("it would drop random elements")
        .fix("call eval() before the export");
  return import_rename(node);
}

}  // namespace finnr
