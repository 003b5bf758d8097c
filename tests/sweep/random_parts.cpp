// SPDX-License-Identifier: Apache-2.0
#include "random_parts.h"

#include <algorithm>
#include <cmath>
#include <utility>

namespace finnr {

using Floats = Tensor::Floats;
using Ints = Tensor::Ints;

float RandomParts::scale_near(double size) {
  if (rng_.chance(0.3)) return static_cast<float>(std::exp2(std::round(std::log2(size))));  // ties at exact halves
  return static_cast<float>(size * (0.5 + 1.5 * rng_.unit()));
}

ValueId RandomParts::by_channel(std::vector<float> values) {
  Shape across(shape().size(), 1);
  across[1] = std::ssize(values);
  if (rng_.chance(0.5)) across.erase(across.begin());
  return graph_.add_constant(Tensor(std::move(across), std::move(values)));
}

void RandomParts::binary(BinaryFunction function, ValueId constant, bool constant_first) {
  at_.x = constant_first ? graph_.must_add(Binary{function}, {constant, at_.x}, origin("binary"))
                         : graph_.must_add(Binary{function}, {at_.x, constant}, origin("binary"));
}

void RandomParts::unary(UnaryFunction function, float alpha, float beta) {
  at_.x = graph_.must_add(Unary{function, alpha, beta}, {at_.x}, origin("unary"));
}

void RandomParts::make_input(const Shape& shape) {
  at_.channels = shape[1];
  at_.size = rng_.chance(0.5) ? 1.0 : 3.0 * rng_.unit() + 0.1;
  if (rng_.chance(0.15)) {  // the model takes codes
    const IntType codes = rng_.chance(0.3) ? IntType{rng_.between(-9, 0), rng_.between(1, 20), false}
                                           : IntType::of_bits(static_cast<int>(rng_.between(1, 8)), rng_.chance(0.5));
    at_.reach = static_cast<double>(std::max(-codes.lo, codes.hi));
    const std::int64_t zero = rng_.chance(0.3) ? rng_.between(codes.lo, codes.hi) : 0;
    at_.x = graph_.add_input("x", ElementType::integer(codes), shape);
    const float scale = scale_near(at_.size / at_.reach);
    at_.x = graph_.must_add(Dequantize{{{static_cast<double>(scale)}, 0}, {{zero}, 0}}, {at_.x}, origin("DequantizeLinear"));
    if (rng_.chance(0.3)) requantize();
    return;
  }
  at_.x = graph_.add_input("x", ElementType::float32(), shape);
  add_quantizer(false);
  if (rng_.chance(0.1)) requantize();
}

void RandomParts::add_quantizer(bool inside) {
  const auto bits = static_cast<int>(rng_.between(1, 8));
  Quantize quantize;
  quantize.style = rng_.chance(0.5) ? QuantizeStyle::kQonnx : QuantizeStyle::kOnnx;
  quantize.rounding = rng_.chance(0.5) ? Rounding::kHalfEven : static_cast<Rounding>(rng_.between(0, 6));
  quantize.codes = IntType::of_bits(bits, rng_.chance(0.5));
  if (quantize.codes.is_signed() && bits > 1 && rng_.chance(0.3)) ++quantize.codes.lo;  // narrow
  if (rng_.chance(0.15) || (bits == 1 && quantize.codes.is_signed())) {
    quantize.codes = IntType::bipolar_type();
    quantize.style = rng_.chance(0.5) ? QuantizeStyle::kBipolar : QuantizeStyle::kQonnx;
  }
  at_.reach = static_cast<double>(std::max(-quantize.codes.lo, quantize.codes.hi));
  std::int64_t zero = 0;
  if (!quantize.codes.bipolar && rng_.chance(0.2)) zero = rng_.between(quantize.codes.lo, quantize.codes.hi);
  float scale = scale_near(at_.size / at_.reach * (0.3 + rng_.unit()));
  if (inside && rng_.chance(0.03) && quantize.style != QuantizeStyle::kBipolar) scale = -scale;
  quantize.scale = {{scale}, 0};
  quantize.zero = {{static_cast<float>(zero)}, 0};
  if (!integer_only_ && inside && rng_.chance(0.03)) {  // a scale along the next sum: stays a float product
    quantize.scale = {{}, 1};
    for (std::int64_t c = 0; c < at_.channels; ++c) quantize.scale.values.push_back(scale_near(at_.size / at_.reach));
  }
  add_quantizer(quantize);
}

void RandomParts::add_quantizer(const Quantize& quantize) {
  append(quantize, "Quant");
  const PerAxis<double> step{{quantize.scale.values.begin(), quantize.scale.values.end()}, quantize.scale.axis};
  PerAxis<std::int64_t> zero{{}, quantize.zero.axis};
  for (const float z : quantize.zero.values) zero.values.push_back(static_cast<std::int64_t>(z));
  append(Dequantize{step, zero}, "Quant");
  at_.reach = static_cast<double>(std::max(-quantize.codes.lo, quantize.codes.hi));
  at_.size = at_.reach * std::fabs(step.values[0]);
}

void RandomParts::add_count_thresholds() {
  const std::int64_t rows = rng_.chance(0.5) ? 1 : at_.channels;
  const std::int64_t count = rng_.between(1, 9);
  Floats table;
  for (std::int64_t r = 0; r < rows; ++r) {
    Floats steps;
    for (std::int64_t k = 0; k < count; ++k) steps.push_back(static_cast<float>(around_zero(at_.size)));
    if (rng_.chance(0.9)) std::ranges::sort(steps);
    table.insert(table.end(), steps.begin(), steps.end());
  }
  CountThresholds op{1, 1, rng_.between(-4, 4), false};
  if (count == 1 && rng_.chance(0.5)) op = {1, 2, -1, true};
  at_.reach = op.bipolar ? 1.0 : static_cast<double>(std::max(std::abs(op.base), std::abs(op.base + count)));
  const ValueId thresholds = graph_.add_constant(Tensor({rows, count}, std::move(table)));
  at_.x = graph_.must_add(op, {at_.x, thresholds}, origin("MultiThreshold"));
  const float scale = scale_near(1.0 / std::max(at_.reach, 1.0));
  at_.x = graph_.must_add(Dequantize{{{static_cast<double>(scale)}, 0}, {{0}, 0}}, {at_.x}, origin("MultiThreshold"));
  at_.size = at_.reach * static_cast<double>(scale);
}

void RandomParts::requantize() {
  if (graph_.producer_as<Dequantize>(at_.x) != nullptr && rng_.chance(0.4)) {
    const Node dequantize = graph_.node(graph_.value(at_.x).producer);
    const auto& grid = std::get<Dequantize>(dequantize.op);
    const IntType before = graph_.value(dequantize.inputs[0]).type.ints;
    if (grid.scale.uniform() && !before.bipolar) {
      Quantize same;
      same.codes = {before.lo - rng_.between(0, 3), before.hi + rng_.between(0, 9), false};
      same.scale = {{static_cast<float>(grid.scale.values[0])}, 0};
      same.zero = {{static_cast<float>(grid.zero.values[0])}, 0};
      const ValueId codes = graph_.must_add(same, {at_.x}, origin("Quant"));
      at_.x = graph_.must_add(grid, {codes}, origin("Quant"));
      return;
    }
  }
  if (rng_.chance(0.5)) binary(BinaryFunction::kAdd, scalar(static_cast<float>(around_zero(at_.size))));
  if (rng_.chance(0.3)) add_batch_norm();
  add_quantizer(false);
}

void RandomParts::between_layers() {
  if (rng_.chance(0.06)) unary(UnaryFunction::kRelu);
  if (rng_.chance(0.06)) {
    const float factor = scale_near(1.0);
    binary(rng_.chance(0.5) ? BinaryFunction::kMul : BinaryFunction::kDiv, scalar(factor));
  }
  if (shape().size() == 2 && shape()[0] == 1 && rng_.chance(0.1)) {
    at_.x = graph_.must_add(Reshape{{1, 1, at_.channels}}, {at_.x}, origin("Unsqueeze"));
    at_.x = graph_.must_add(Reshape{{1, at_.channels}}, {at_.x}, origin("Squeeze"));
  }
}

IntType RandomParts::random_weight_type() {
  IntType type = IntType::of_bits(static_cast<int>(rng_.between(2, 8)), true);
  switch (rng_.between(0, 5)) {
    case 0:
      return IntType::bipolar_type();
    case 1:
      return {-1, 1, false};  // ternary
    case 2:
      ++type.lo;  // narrow
      return type;
    case 3:
      return IntType::of_bits(static_cast<int>(rng_.between(1, 8)), false);
    default:
      return type;
  }
}

ValueId RandomParts::add_weights(const Shape& stored, int output_axis, std::int64_t terms) {
  const IntType type = random_weight_type();
  std::int64_t zero = 0;
  if (!type.bipolar && rng_.chance(type.lo == 0 ? 0.7 : 0.1)) zero = rng_.between(type.lo, type.hi);
  const auto outputs = static_cast<std::size_t>(stored[static_cast<std::size_t>(output_axis)]);
  const auto inner = static_cast<std::size_t>(strides(stored)[static_cast<std::size_t>(output_axis)]);
  const auto output_of = [&](std::size_t element) { return element / inner % outputs; };
  std::vector<bool> empty;  // outputs without weights, where the type has a zero
  for (std::size_t n = 0; n < outputs; ++n) empty.push_back(!type.bipolar && rng_.chance(0.05));
  Tensor codes = Tensor::zeros(stored, false);
  for (std::size_t i = 0; i < codes.ints().size(); ++i) {
    codes.ints()[i] = type.bipolar ? (rng_.chance(0.5) ? 1 : -1) : rng_.between(type.lo, type.hi);
    if (empty[output_of(i)]) codes.ints()[i] = zero;
  }
  const auto code_size = static_cast<double>(std::max(std::abs(type.lo - zero), std::abs(type.hi - zero)));
  const double gain = 1.0 / std::sqrt(static_cast<double>(terms));
  PerAxis<double> scale{{}, output_axis};
  const bool per_output = rng_.chance(0.4);
  for (std::size_t n = 0; n < (per_output ? outputs : 1); ++n)
    scale.values.push_back(static_cast<double>(scale_near(gain / std::max(code_size, 1.0))));
  if (scale.uniform()) scale.axis = 0;
  at_.range = at_.reach * code_size * static_cast<double>(terms);
  at_.weight_scale = scale;
  at_.x_scale = input_scale();

  const std::int64_t kind = rng_.between(0, 9);
  if (kind == 0 && zero == 0) {  // floats that happen to be integers
    at_.weight_scale = {{1.0}, 0};
    at_.size *= code_size / std::max(gain, 1e-9) * 0.5;
    return graph_.add_constant(Tensor(codes.shape(), as_floats(codes)), "weights");
  }
  if (kind < 5) {  // a quantizer of float weights, to be computed at compile time
    Tensor floats = Tensor::zeros(codes.shape(), true);
    Quantize quantize{QuantizeStyle::kQonnx, Rounding::kHalfEven, type, {{}, scale.axis}, {{static_cast<float>(zero)}, 0}};
    for (const double s : scale.values) quantize.scale.values.push_back(static_cast<float>(s));
    for (std::size_t i = 0; i < floats.floats().size(); ++i)
      floats.floats()[i] = static_cast<float>(static_cast<double>(codes.ints()[i] - zero) * scale.at(output_of(i)));
    const ValueId raw = graph_.add_constant(std::move(floats), "weights");
    const ValueId quantized = graph_.must_add(quantize, {raw}, origin("Quant"));
    return graph_.must_add(Dequantize{scale, {{zero}, 0}}, {quantized}, origin("Quant"));
  }
  const ValueId constant = graph_.add_constant(std::move(codes), "weights", type);
  return graph_.must_add(Dequantize{scale, {{zero}, 0}}, {constant}, origin("DequantizeLinear"));
}

double RandomParts::input_scale() const {
  for (ValueId id = at_.x; graph_.value(id).producer.valid(); id = graph_.node(graph_.value(id).producer).inputs[0]) {
    if (const auto* grid = graph_.producer_as<Dequantize>(id)) return grid->scale.values[0];
  }
  return 1.0;
}

void RandomParts::add_matmul(std::int64_t outputs) {
  const bool turned = rng_.chance(0.3);  // stored [outputs, inputs]
  ValueId weights = turned ? add_weights({outputs, at_.channels}, 0, at_.channels) : add_weights({at_.channels, outputs}, 1, at_.channels);
  if (turned) weights = graph_.must_add(Transpose{{1, 0}}, {weights}, origin("Transpose"));
  at_.x = graph_.must_add(MatMul{}, {at_.x, weights}, origin("MatMul"));
  at_.channels = outputs;
}

void RandomParts::add_bias() {
  Floats bias;
  for (std::int64_t c = 0; c < at_.channels; ++c) bias.push_back(static_cast<float>(around_zero(at_.size / 2)));
  if (rng_.chance(0.4)) {  // quantized: at the accumulator's scale, or one of its own
    PerAxis<double> scale{{static_cast<double>(scale_near(at_.size / 100))}, 0};
    if (rng_.chance(0.5)) scale = {accumulator_scale(), 0};
    Ints codes;
    for (std::size_t c = 0; c < bias.size(); ++c) codes.push_back(std::llround(static_cast<double>(bias[c]) / scale.at(c)));
    const std::int64_t zero = rng_.chance(0.2) ? rng_.between(-5, 5) : 0;
    const ValueId stored = graph_.add_constant(Tensor({at_.channels}, std::move(codes)));
    const ValueId floats = graph_.must_add(Dequantize{scale, {{zero}, 0}}, {stored}, origin("Quant"));
    binary(BinaryFunction::kAdd, bias_shaped(floats), rng_.chance(0.3));
    return;
  }
  binary(BinaryFunction::kAdd, by_channel(std::move(bias)), rng_.chance(0.3));
}

/// As exporters quantize biases: the product of both scales in float32. Guesses where the input's scale is not one number.
std::vector<double> RandomParts::accumulator_scale() const {
  std::vector<double> scales;
  for (const double w : at_.weight_scale.values) scales.push_back(static_cast<double>(static_cast<float>(w * at_.x_scale)));
  return scales;
}

/// A bias of one axis, in a shape that broadcasts along axis 1.
ValueId RandomParts::bias_shaped(ValueId bias) {
  if (shape().size() == 2) return bias;
  Shape across(shape().size(), 1);
  across[1] = at_.channels;
  return graph_.must_add(Reshape{std::move(across)}, {bias}, origin("Reshape"));
}

void RandomParts::add_uniform_affine() {
  binary(BinaryFunction::kMul, scalar(static_cast<float>(0.1 + rng_.unit())));
  if (rng_.chance(0.7)) binary(BinaryFunction::kAdd, scalar(static_cast<float>(around_zero(at_.size * (rng_.chance(0.1) ? 1e6 : 1.0)))));
}

void RandomParts::add_batch_norm() {
  Floats mean;
  Floats gamma;
  Floats beta;
  for (std::int64_t c = 0; c < at_.channels; ++c) {
    mean.push_back(static_cast<float>(around_zero(at_.size / 2)));
    const double factor = 0.2 + 2 * rng_.unit();
    gamma.push_back(static_cast<float>(rng_.chance(0.1)    ? 0.0
                                       : rng_.chance(0.1)  ? around_zero(1e-5)
                                       : rng_.chance(0.35) ? -factor
                                                           : factor));
    beta.push_back(static_cast<float>(around_zero(at_.size / 2)));
  }
  const Shape flat = shape();
  const bool aside = flat.size() == 2 && rng_.chance(0.25);  // Unsqueeze, normalization on axis 1, Squeeze
  const auto parameter = [&](Floats values) {
    return aside ? graph_.add_constant(Tensor({1, at_.channels, 1}, std::move(values))) : by_channel(std::move(values));
  };
  if (aside) at_.x = graph_.must_add(Reshape{{flat[0], at_.channels, 1}}, {at_.x}, origin("Unsqueeze"));
  binary(BinaryFunction::kSub, parameter(std::move(mean)));
  binary(BinaryFunction::kMul, parameter(std::move(gamma)), rng_.chance(0.3));
  binary(BinaryFunction::kAdd, parameter(std::move(beta)));
  if (aside) at_.x = graph_.must_add(Reshape{flat}, {at_.x}, origin("Squeeze"));
}

void RandomParts::add_activation_chain() {
  if (rng_.chance(0.4)) add_bias();
  if (rng_.chance(0.5)) add_batch_norm();
  const bool scanned = at_.range < 20000;  // these make the compiler look at every accumulator
  switch (rng_.between(0, scanned ? 12 : 5)) {
    case 0:
    case 1:
      unary(UnaryFunction::kRelu);
      break;
    case 2:
      unary(UnaryFunction::kLeakyRelu, rng_.chance(0.2) ? -0.25F : 0.1F);
      break;
    case 3:
      unary(UnaryFunction::kClip, static_cast<float>(-at_.size), static_cast<float>(at_.size * rng_.unit()));
      break;
    case 6:
      unary(UnaryFunction::kSigmoid);
      at_.size = 1;
      break;
    case 7:
      unary(UnaryFunction::kTanh);
      at_.size = 1;
      break;
    case 8:
      unary(UnaryFunction::kHardSwish);
      break;
    case 9:
      unary(UnaryFunction::kHardSigmoid, 1.0F / 6, 0.5F);
      at_.size = 1;
      break;
    case 10:
      unary(rng_.chance(0.5) ? UnaryFunction::kAbs : UnaryFunction::kSin);
      break;
    case 11:
      unary(rng_.chance(0.5) ? UnaryFunction::kGelu : UnaryFunction::kElu, 1.0F);
      break;
    case 12:
      binary(rng_.chance(0.5) ? BinaryFunction::kMod : BinaryFunction::kFmod, scalar(static_cast<float>(at_.size * (0.1 + rng_.unit()))));
      break;
    default:
      break;
  }
  if (rng_.chance(0.1)) unary(UnaryFunction::kNeg);
}

std::vector<Tensor> random_inputs(const Graph& graph, Rng& rng, std::size_t frames) {
  const Value& input = graph.value(graph.inputs()[0]);
  const auto size = static_cast<std::size_t>(count(input.shape));
  std::vector<Tensor> list;
  if (!input.type.is_float) {
    const IntType& codes = input.type.ints;
    for (std::size_t f = 0; f < frames; ++f) {
      Ints data(size);
      for (std::int64_t& x : data)
        x = f == 0 ? codes.lo : f == 1 ? codes.hi : f == 2 ? (rng.chance(0.5) ? codes.lo : codes.hi) : rng.between(codes.lo, codes.hi);
      list.emplace_back(input.shape, std::move(data));
    }
    return list;
  }
  const Node& first = graph.node(input.users[0]);
  const auto* quantizer = std::get_if<Quantize>(&first.op);
  const float scale = quantizer != nullptr ? std::fabs(quantizer->scale.values[0]) : 1.0F;
  const float zero = quantizer != nullptr ? quantizer->zero.values[0] : 0.0F;
  const IntType codes = quantizer != nullptr ? quantizer->codes : IntType::of_bits(8, true);
  const auto lo = static_cast<float>(codes.lo);
  const auto hi = static_cast<float>(codes.hi);
  for (std::size_t f = 0; f < frames; ++f) {
    Floats data(size);
    for (float& x : data) {
      const auto code = static_cast<float>(rng.between(codes.lo, codes.hi));
      switch (f < 4 ? f : 4 + f % 4) {
        case 0:
          x = (lo - zero) * scale;
          break;
        case 1:
          x = (hi - zero) * scale;
          break;
        case 2:
          x = rng.chance(0.5) ? -3e30F : 3e30F;
          break;
        case 3:
          x = 0;
          break;
        case 4:
          x = (code - zero) * scale;
          break;
        case 5:
          x = (code - zero + 0.5F) * scale;
          break;
        case 6:
          x = std::nextafter((code - zero + 0.5F) * scale, rng.chance(0.5) ? 1e30F : -1e30F);
          break;
        default:
          x = (lo + (hi - lo) * static_cast<float>(1.4 * rng.unit() - 0.2) - zero) * scale;
      }
    }
    list.emplace_back(input.shape, std::move(data));
  }
  return list;
}

}  // namespace finnr
