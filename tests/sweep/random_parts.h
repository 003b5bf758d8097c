// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <vector>

#include "finnr/base/rng.h"
#include "finnr/graph/graph.h"

namespace finnr {

/// What random networks are made of: each method appends to the value at `at_`, as importers would, every choice from `rng`.
/// Values are [vectors, channels] or [1, channels, spatial...]: the channels are axis 1. Sizes and scales are drawn so that
/// activations land inside their quantizers more often than outside; every trap of streamlining has its own small
/// probability, so that a few hundred networks meet all of them.
class RandomParts {
 public:
  RandomParts(const RandomParts&) = delete;
  RandomParts& operator=(const RandomParts&) = delete;

 protected:
  /// `integer_only`: nothing that hardware must refuse by design (scales along the summed axis).
  RandomParts(Rng& rng, bool integer_only) : rng_(rng), integer_only_(integer_only) {}
  ~RandomParts() = default;

  /// The end of a branch, and what is known about its numbers.
  struct Place {
    ValueId x;
    std::int64_t channels = 1;
    double size = 1;                         ///< typical magnitude
    double reach = 1;                        ///< largest code of the last quantizer
    double range = 1;                        ///< bound of the last accumulator
    double x_scale = 1;                      ///< of the operands of the last product
    PerAxis<double> weight_scale{{1.0}, 0};  ///< by output, or one
  };

  double around_zero(double size) { return size * (2 * rng_.unit() - 1); }
  float scale_near(double size);
  Origin origin(const char* what) { return {std::string(what) + std::to_string(nodes_++)}; }
  [[nodiscard]] Shape shape() const { return graph_.value(at_.x).shape; }
  ValueId scalar(float value) { return graph_.add_constant(Tensor::scalar(value)); }
  /// A constant for each channel in one of the shapes that broadcast along axis 1.
  ValueId by_channel(std::vector<float> values);
  /// A node behind `at_`, with one result.
  void append(Op op, const char* name) { at_.x = graph_.must_add(std::move(op), {at_.x}, origin(name)); }
  void binary(BinaryFunction function, ValueId constant, bool constant_first = false);
  void unary(UnaryFunction function, float alpha = 0, float beta = 0);

  /// A float input with its quantizer, or now and then an input of codes.
  void make_input(const Shape& shape);
  /// Quant: a quantizer of its own parameters, then its value.
  void add_quantizer(bool inside);
  /// A given quantizer, then its value.
  void add_quantizer(const Quantize& quantize);
  void add_count_thresholds();
  /// A second quantizer right behind the first, at times with the same grid or something small in between.
  void requantize();
  /// What may stand between a quantizer and the next product without leaving the grid.
  void between_layers();
  /// Quantized weights as a float value, in one of the forms that importers give; sums are of `terms` products. Notes in
  /// `at_` what that means for them.
  ValueId add_weights(const Shape& stored, int output_axis, std::int64_t terms);
  /// The product of axis 1 with weights for `outputs` outputs.
  void add_matmul(std::int64_t outputs);
  void add_bias();
  void add_uniform_affine();
  void add_batch_norm();
  void add_activation_chain();
  /// The grid of the nearest quantizer in front of `at_`, if it is in sight.
  [[nodiscard]] double input_scale() const;

  Rng& rng_;
  bool integer_only_;
  Graph graph_;
  Place at_;

 private:
  [[nodiscard]] IntType random_weight_type();
  [[nodiscard]] std::vector<double> accumulator_scale() const;
  [[nodiscard]] ValueId bias_shaped(ValueId bias);

  int nodes_ = 0;
};

/// Inputs that try a network: everything low, everything high, values on and beside the steps of its input quantizer,
/// zeros, huge numbers, and random ones. `frames` in all.
std::vector<Tensor> random_inputs(const Graph& graph, Rng& rng, std::size_t frames);

}  // namespace finnr
