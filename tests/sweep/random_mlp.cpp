// SPDX-License-Identifier: Apache-2.0
// Sizes and scales are drawn so that activations land inside their quantizers more often than outside; every trap of
// streamlining has its own small probability, so that a few hundred networks meet all of them.
#include "random_mlp.h"

#include <algorithm>
#include <cmath>
#include <iterator>
#include <numeric>

namespace finnr {
namespace {

using Floats = Tensor::Floats;
using Ints = Tensor::Ints;

class Maker {
 public:
  Maker(Rng& rng, const MlpLimits& limits) : rng_(rng), limits_(limits) {}

  Graph make() {
    graph_.name = "random";
    vectors_ = rng_.chance(0.75) ? 1 : rng_.between(2, 3);
    channels_ = rng_.between(1, limits_.width);
    make_input();
    const std::int64_t layers = rng_.between(1, limits_.layers);
    for (std::int64_t layer = 0; layer < layers; ++layer) {
      between_layers();
      add_matmul();
      const bool last = layer + 1 == layers;
      if (last && rng_.chance(0.6)) {
        if (rng_.chance(0.5)) add_bias();
        if (rng_.chance(0.5)) add_uniform_affine();
        break;
      }
      add_activation_chain();
      if (rng_.chance(0.1)) {
        add_count_thresholds();
      } else {
        add_quantizer(true);
      }
      if (rng_.chance(0.1)) requantize();
    }
    graph_.set_outputs({x_});
    return std::move(graph_);
  }

 private:
  float scale_near(double size) {
    if (rng_.chance(0.3)) return static_cast<float>(std::exp2(std::round(std::log2(size))));  // ties at exact halves
    return static_cast<float>(size * (0.5 + 1.5 * rng_.unit()));
  }
  double around_zero(double size) { return size * (2 * rng_.unit() - 1); }
  Origin origin(const char* what) { return {std::string(what) + std::to_string(nodes_++)}; }
  ValueId scalar(float value) { return graph_.add_constant(Tensor::scalar(value)); }
  /// A constant for each channel in one of the shapes that broadcast along the last axis.
  ValueId row(Floats values) {
    const auto n = static_cast<std::int64_t>(values.size());
    return graph_.add_constant(rng_.chance(0.5) ? Tensor({n}, std::move(values)) : Tensor({1, n}, std::move(values)));
  }
  void binary(BinaryFunction function, ValueId constant, bool constant_first = false) {
    x_ = constant_first ? graph_.must_add(Binary{function}, {constant, x_}, origin("binary"))
                        : graph_.must_add(Binary{function}, {x_, constant}, origin("binary"));
  }
  void unary(UnaryFunction function, float alpha = 0, float beta = 0) {
    x_ = graph_.must_add(Unary{function, alpha, beta}, {x_}, origin("unary"));
  }

  void make_input() {
    size_ = rng_.chance(0.5) ? 1.0 : 3.0 * rng_.unit() + 0.1;
    if (rng_.chance(0.15)) {  // the model takes codes
      const IntType codes = rng_.chance(0.3) ? IntType{rng_.between(-9, 0), rng_.between(1, 20), false}
                                             : IntType::of_bits(static_cast<int>(rng_.between(1, 8)), rng_.chance(0.5));
      reach_ = static_cast<double>(std::max(-codes.lo, codes.hi));
      const std::int64_t zero = rng_.chance(0.3) ? rng_.between(codes.lo, codes.hi) : 0;
      x_ = graph_.add_input("x", ElementType::integer(codes), {vectors_, channels_});
      const float scale = scale_near(size_ / reach_);
      x_ = graph_.must_add(Dequantize{{{static_cast<double>(scale)}, 0}, {{zero}, 0}}, {x_}, origin("DequantizeLinear"));
      if (rng_.chance(0.3)) requantize();
      return;
    }
    x_ = graph_.add_input("x", ElementType::float32(), {vectors_, channels_});
    add_quantizer(false);
    if (rng_.chance(0.1)) requantize();
  }

  /// Quant: a quantizer of its own parameters, then its value.
  void add_quantizer(bool inside) {
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
    reach_ = static_cast<double>(std::max(-quantize.codes.lo, quantize.codes.hi));
    std::int64_t zero = 0;
    if (!quantize.codes.bipolar && rng_.chance(0.2)) zero = rng_.between(quantize.codes.lo, quantize.codes.hi);
    float scale = scale_near(size_ / reach_ * (0.3 + rng_.unit()));
    if (inside && rng_.chance(0.03) && quantize.style != QuantizeStyle::kBipolar) scale = -scale;
    quantize.scale = {{scale}, 0};
    quantize.zero = {{static_cast<float>(zero)}, 0};
    if (!limits_.integer_only && inside && rng_.chance(0.03)) {  // a scale along the next sum: stays a float product
      quantize.scale = {{}, 1};
      for (std::int64_t c = 0; c < channels_; ++c) quantize.scale.values.push_back(scale_near(size_ / reach_));
    }
    x_ = graph_.must_add(quantize, {x_}, origin("Quant"));
    PerAxis<double> step{{quantize.scale.values.begin(), quantize.scale.values.end()}, quantize.scale.axis};
    x_ = graph_.must_add(Dequantize{step, {{zero}, 0}}, {x_}, origin("Quant"));
    size_ = reach_ * std::fabs(static_cast<double>(scale));
  }

  void add_count_thresholds() {
    const std::int64_t rows = rng_.chance(0.5) ? 1 : channels_;
    const std::int64_t count = rng_.between(1, 9);
    Floats table;
    for (std::int64_t r = 0; r < rows; ++r) {
      Floats steps;
      for (std::int64_t k = 0; k < count; ++k) steps.push_back(static_cast<float>(around_zero(size_)));
      if (rng_.chance(0.9)) std::ranges::sort(steps);
      table.insert(table.end(), steps.begin(), steps.end());
    }
    CountThresholds op{1, 1, rng_.between(-4, 4), false};
    if (count == 1 && rng_.chance(0.5)) op = {1, 2, -1, true};
    reach_ = op.bipolar ? 1.0 : static_cast<double>(std::max(std::abs(op.base), std::abs(op.base + count)));
    const ValueId thresholds = graph_.add_constant(Tensor({rows, count}, std::move(table)));
    x_ = graph_.must_add(op, {x_, thresholds}, origin("MultiThreshold"));
    const float scale = scale_near(1.0 / std::max(reach_, 1.0));
    x_ = graph_.must_add(Dequantize{{{static_cast<double>(scale)}, 0}, {{0}, 0}}, {x_}, origin("MultiThreshold"));
    size_ = reach_ * static_cast<double>(scale);
  }

  /// A second quantizer right behind the first, at times with the same grid or something small in between.
  void requantize() {
    if (rng_.chance(0.4)) {
      const Node dequantize = graph_.node(graph_.value(x_).producer);
      const auto& grid = std::get<Dequantize>(dequantize.op);
      const IntType before = graph_.value(dequantize.inputs[0]).type.ints;
      if (grid.scale.uniform() && !before.bipolar) {
        Quantize same;
        same.codes = {before.lo - rng_.between(0, 3), before.hi + rng_.between(0, 9), false};
        same.scale = {{static_cast<float>(grid.scale.values[0])}, 0};
        same.zero = {{static_cast<float>(grid.zero.values[0])}, 0};
        const ValueId codes = graph_.must_add(same, {x_}, origin("Quant"));
        x_ = graph_.must_add(grid, {codes}, origin("Quant"));
        return;
      }
    }
    if (rng_.chance(0.5)) binary(BinaryFunction::kAdd, scalar(static_cast<float>(around_zero(size_))));
    if (rng_.chance(0.3)) add_batch_norm();
    add_quantizer(false);
  }

  /// What may stand between a quantizer and the next product without leaving the grid.
  void between_layers() {
    if (rng_.chance(0.06)) unary(UnaryFunction::kRelu);
    if (rng_.chance(0.06)) {
      const float factor = scale_near(1.0);
      binary(rng_.chance(0.5) ? BinaryFunction::kMul : BinaryFunction::kDiv, scalar(factor));
    }
    if (vectors_ == 1 && rng_.chance(0.1)) {
      x_ = graph_.must_add(Reshape{{1, 1, channels_}}, {x_}, origin("Unsqueeze"));
      x_ = graph_.must_add(Reshape{{1, channels_}}, {x_}, origin("Squeeze"));
    }
  }

  /// Weight codes [inputs, outputs]; some columns are zero where the type has a zero.
  Tensor weight_codes(const IntType& type, std::int64_t zero, std::int64_t outputs) {
    Tensor codes = Tensor::zeros({channels_, outputs}, false);
    std::vector<bool> empty;
    for (std::int64_t n = 0; n < outputs; ++n) empty.push_back(!type.bipolar && rng_.chance(0.05));
    for (std::size_t i = 0; i < codes.ints().size(); ++i) {
      std::int64_t& code = codes.ints()[i];
      code = type.bipolar ? (rng_.chance(0.5) ? 1 : -1) : rng_.between(type.lo, type.hi);
      if (empty[i % static_cast<std::size_t>(outputs)]) code = zero;
    }
    return codes;
  }

  void add_matmul() {
    const std::int64_t outputs = rng_.between(1, limits_.width);
    const auto bits = static_cast<int>(rng_.between(2, 8));
    IntType type = IntType::of_bits(bits, true);
    switch (rng_.between(0, 5)) {
      case 0:
        type = IntType::bipolar_type();
        break;
      case 1:
        type = {-1, 1, false};  // ternary
        break;
      case 2:
        ++type.lo;  // narrow
        break;
      case 3:
        type = IntType::of_bits(static_cast<int>(rng_.between(1, 8)), false);
        break;
      default:
        break;
    }
    std::int64_t zero = 0;
    if (!type.bipolar && rng_.chance(type.lo == 0 ? 0.7 : 0.1)) zero = rng_.between(type.lo, type.hi);
    Tensor codes = weight_codes(type, zero, outputs);
    const double code_size = static_cast<double>(std::max(std::abs(type.lo - zero), std::abs(type.hi - zero)));
    const double gain = 1.0 / std::sqrt(static_cast<double>(channels_));
    PerAxis<double> scale{{}, 1};
    const bool per_output = rng_.chance(0.4);
    for (std::int64_t n = 0; n < (per_output ? outputs : 1); ++n)
      scale.values.push_back(static_cast<double>(scale_near(gain / std::max(code_size, 1.0))));
    if (scale.uniform()) scale.axis = 0;

    ValueId weights;
    const bool turned = rng_.chance(0.3);  // stored [outputs, inputs]
    if (turned) {
      Tensor stored = Tensor::zeros({outputs, channels_}, false);
      for (std::int64_t k = 0; k < channels_; ++k) {
        for (std::int64_t n = 0; n < outputs; ++n)
          stored.ints()[static_cast<std::size_t>(n * channels_ + k)] = codes.ints()[static_cast<std::size_t>(k * outputs + n)];
      }
      codes = std::move(stored);
      scale.axis = 0;
    }
    const std::int64_t kind = rng_.between(0, 9);
    if (kind == 0 && zero == 0) {  // floats that happen to be integers
      weights = graph_.add_constant(Tensor(codes.shape(), as_floats(codes)), "weights");
      size_ *= code_size / std::max(gain, 1e-9) * 0.5;
    } else if (kind < 5) {  // a quantizer of float weights, to be computed at compile time
      Tensor floats = Tensor::zeros(codes.shape(), true);
      Quantize quantize{QuantizeStyle::kQonnx, Rounding::kHalfEven, type, {{}, scale.axis}, {{static_cast<float>(zero)}, 0}};
      for (const double s : scale.values) quantize.scale.values.push_back(static_cast<float>(s));
      const auto columns = static_cast<std::size_t>(codes.shape()[1]);
      for (std::size_t i = 0; i < floats.floats().size(); ++i) {
        const double s = scale.at(scale.axis == 0 ? i / columns : i % columns);
        floats.floats()[i] = static_cast<float>(static_cast<double>(codes.ints()[i] - zero) * s);
      }
      const ValueId raw = graph_.add_constant(std::move(floats), "weights");
      const ValueId quantized = graph_.must_add(quantize, {raw}, origin("Quant"));
      weights = graph_.must_add(Dequantize{scale, {{zero}, 0}}, {quantized}, origin("Quant"));
    } else {
      const ValueId stored = graph_.add_constant(std::move(codes), "weights", type);
      weights = graph_.must_add(Dequantize{scale, {{zero}, 0}}, {stored}, origin("DequantizeLinear"));
    }
    if (turned) weights = graph_.must_add(Transpose{{1, 0}}, {weights}, origin("Transpose"));
    range_ = reach_ * code_size * static_cast<double>(channels_);
    weight_scale_ = kind == 0 && zero == 0 ? PerAxis<double>{{1.0}, 0} : scale;
    x_scale_ = 1.0;
    for (ValueId id = x_; graph_.value(id).producer.valid(); id = graph_.node(graph_.value(id).producer).inputs[0]) {
      if (const auto* grid = graph_.producer_as<Dequantize>(id)) {
        x_scale_ = grid->scale.values[0];
        break;
      }
    }
    x_ = graph_.must_add(MatMul{}, {x_, weights}, origin("MatMul"));
    channels_ = outputs;
  }

  void add_bias() {
    Floats bias;
    for (std::int64_t c = 0; c < channels_; ++c) bias.push_back(static_cast<float>(around_zero(size_ / 2)));
    if (rng_.chance(0.4)) {  // quantized: at the accumulator's scale, or one of its own
      PerAxis<double> scale{{static_cast<double>(scale_near(size_ / 100))}, 0};
      if (rng_.chance(0.5)) scale = {accumulator_scale(), 0};
      Ints codes;
      for (std::size_t c = 0; c < bias.size(); ++c) codes.push_back(std::llround(static_cast<double>(bias[c]) / scale.at(c)));
      const std::int64_t zero = rng_.chance(0.2) ? rng_.between(-5, 5) : 0;
      const ValueId stored = graph_.add_constant(Tensor({channels_}, std::move(codes)));
      const ValueId floats = graph_.must_add(Dequantize{scale, {{zero}, 0}}, {stored}, origin("Quant"));
      binary(BinaryFunction::kAdd, floats, rng_.chance(0.3));
      return;
    }
    binary(BinaryFunction::kAdd, row(std::move(bias)), rng_.chance(0.3));
  }

  /// As exporters quantize biases: the product of both scales in float32. Guesses where the input's scale is not one number.
  [[nodiscard]] std::vector<double> accumulator_scale() const {
    std::vector<double> scales;
    for (const double w : weight_scale_.values) scales.push_back(static_cast<double>(static_cast<float>(w * x_scale_)));
    return scales;
  }

  void add_uniform_affine() {
    binary(BinaryFunction::kMul, scalar(static_cast<float>(0.1 + rng_.unit())));
    if (rng_.chance(0.7)) binary(BinaryFunction::kAdd, scalar(static_cast<float>(around_zero(size_ * (rng_.chance(0.1) ? 1e6 : 1.0)))));
  }

  void add_batch_norm() {
    Floats mean;
    Floats gamma;
    Floats beta;
    for (std::int64_t c = 0; c < channels_; ++c) {
      mean.push_back(static_cast<float>(around_zero(size_ / 2)));
      const double factor = 0.2 + 2 * rng_.unit();
      gamma.push_back(static_cast<float>(rng_.chance(0.1)    ? 0.0
                                         : rng_.chance(0.1)  ? around_zero(1e-5)
                                         : rng_.chance(0.35) ? -factor
                                                             : factor));
      beta.push_back(static_cast<float>(around_zero(size_ / 2)));
    }
    const bool aside = rng_.chance(0.25);  // Unsqueeze, normalization on axis 1, Squeeze
    const auto parameter = [&](Floats values) {
      return aside ? graph_.add_constant(Tensor({1, channels_, 1}, std::move(values))) : row(std::move(values));
    };
    if (aside) x_ = graph_.must_add(Reshape{{vectors_, channels_, 1}}, {x_}, origin("Unsqueeze"));
    binary(BinaryFunction::kSub, parameter(std::move(mean)));
    binary(BinaryFunction::kMul, parameter(std::move(gamma)), rng_.chance(0.3));
    binary(BinaryFunction::kAdd, parameter(std::move(beta)));
    if (aside) x_ = graph_.must_add(Reshape{{vectors_, channels_}}, {x_}, origin("Squeeze"));
  }

  void add_activation_chain() {
    if (rng_.chance(0.4)) add_bias();
    if (rng_.chance(0.5)) add_batch_norm();
    const bool scanned = range_ < 20000;  // these make the compiler look at every accumulator
    switch (rng_.between(0, scanned ? 12 : 5)) {
      case 0:
      case 1:
        unary(UnaryFunction::kRelu);
        break;
      case 2:
        unary(UnaryFunction::kLeakyRelu, rng_.chance(0.2) ? -0.25F : 0.1F);
        break;
      case 3:
        unary(UnaryFunction::kClip, static_cast<float>(-size_), static_cast<float>(size_ * rng_.unit()));
        break;
      case 6:
        unary(UnaryFunction::kSigmoid);
        size_ = 1;
        break;
      case 7:
        unary(UnaryFunction::kTanh);
        size_ = 1;
        break;
      case 8:
        unary(UnaryFunction::kHardSwish);
        break;
      case 9:
        unary(UnaryFunction::kHardSigmoid, 1.0F / 6, 0.5F);
        size_ = 1;
        break;
      case 10:
        unary(rng_.chance(0.5) ? UnaryFunction::kAbs : UnaryFunction::kSin);
        break;
      case 11:
        unary(rng_.chance(0.5) ? UnaryFunction::kGelu : UnaryFunction::kElu, 1.0F);
        break;
      default:
        break;
    }
    if (rng_.chance(0.1)) unary(UnaryFunction::kNeg);
  }

  Rng& rng_;
  MlpLimits limits_;
  Graph graph_;
  ValueId x_;
  std::int64_t vectors_ = 1;
  std::int64_t channels_ = 1;
  double size_ = 1;               ///< typical magnitude of x_
  double reach_ = 1;              ///< largest code of the last quantizer
  double range_ = 1;              ///< bound of the last accumulator
  double x_scale_ = 1;            ///< of the last product's operands
  PerAxis<double> weight_scale_;  ///< by output, or one
  int nodes_ = 0;
};

}  // namespace

Graph random_mlp(Rng& rng, const MlpLimits& limits) { return Maker(rng, limits).make(); }

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
