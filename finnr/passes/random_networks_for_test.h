// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <algorithm>
#include <string>
#include <vector>

#include "finnr/base/rng.h"
#include "finnr/graph/graph.h"

namespace finnr {

/// Small float networks of windows, pools, joins and moves in odd shapes, with quantizers here and there.
class RandomNetwork {
 public:
  explicit RandomNetwork(std::uint64_t seed) : rng_(seed) {}

  Graph make() {
    axes_ = static_cast<std::size_t>(rng_.between(1, 2));
    Shape shape = {rng_.chance(0.2) ? 2 : 1, rng_.between(1, 4)};
    for (std::size_t a = 0; a < axes_; ++a) shape.push_back(rng_.between(3, 6));
    ValueId x = quantized(graph_.add_input("x", ElementType::float32(), shape));
    for (std::int64_t layers = rng_.between(1, 5); layers > 0; --layers) {
      const ValueId y = layer(x);
      if (count(graph_.value(y).shape) > 0 && count(graph_.value(y).shape) < 2000) x = y;
    }
    std::vector<ValueId> outputs = {x};
    if (rng_.chance(0.4)) outputs.push_back(product(x));
    graph_.set_outputs(outputs);
    return std::move(graph_);
  }

 private:
  float scale() {
    static constexpr float kScales[] = {0.5F, 0.1F, 0.25F, 0.3F, 1.0F};
    return kScales[rng_.between(0, 4)];
  }
  const Shape& shape(ValueId id) const { return graph_.value(id).shape; }

  template <class T, class F>
  PerAxis<T> parameters(std::int64_t channels, int axis, double varying, F next) {
    PerAxis<T> result{{}, 0};
    const bool many = channels > 1 && rng_.chance(varying);
    if (many) result.axis = axis;
    for (std::int64_t c = 0; c < (many ? channels : 1); ++c) result.values.push_back(static_cast<T>(next()));
    return result;
  }

  ValueId quantized(ValueId x) {
    Quantize q;
    const bool many_scales = rng_.chance(0.15);
    const std::int64_t channels = shape(x)[1];
    if (rng_.chance(0.15)) {
      q.style = QuantizeStyle::kBipolar;
      q.codes = IntType::bipolar_type();
      q.scale = {{scale()}, 0};
      q.zero = {{0}, 0};
    } else {
      q.codes = IntType::of_bits(static_cast<int>(rng_.between(2, 4)), rng_.chance(0.5));
      if (many_scales) {
        const float unit = scale();
        q.scale = parameters<float>(channels, 1, 1, [&] { return unit * static_cast<float>(1 << rng_.between(0, 2)); });
      } else {
        q.scale = {{scale()}, 0};
      }
      q.zero = parameters<float>(channels, 1, 0.1, [&] { return rng_.chance(0.3) ? rng_.between(q.codes.lo, q.codes.hi) : 0; });
      q.style = rng_.chance(0.5) ? QuantizeStyle::kOnnx : QuantizeStyle::kQonnx;
    }
    const ValueId codes = graph_.must_add(q, {x}, {"Quant"});
    Dequantize d{{{q.scale.values.begin(), q.scale.values.end()}, q.scale.axis}, {{}, q.zero.axis}};
    for (const float z : q.zero.values) d.zero.values.push_back(static_cast<std::int64_t>(z));
    return graph_.must_add(d, {codes}, {"Quant"});
  }

  ValueId weights(const Shape& of, int output_axis) {
    const bool bipolar = rng_.chance(0.3);
    Tensor::Ints codes(static_cast<std::size_t>(count(of)));
    for (std::int64_t& w : codes) w = bipolar ? (rng_.chance(0.5) ? 1 : -1) : rng_.between(-4, 3);
    const IntType type = bipolar ? IntType::bipolar_type() : IntType{-4, 3, false};
    const ValueId stored = graph_.add_constant(Tensor(of, std::move(codes)), "w", type);
    const std::int64_t outputs = of[static_cast<std::size_t>(output_axis)];
    Dequantize d;
    d.scale = parameters<double>(outputs, output_axis, 0.3, [&] { return static_cast<double>(scale()) * (rng_.chance(0.2) ? -1 : 1); });
    d.zero = parameters<std::int64_t>(outputs, output_axis, 0.1, [&] { return bipolar ? 0 : rng_.chance(0.2) ? 1 : 0; });
    return graph_.must_add(d, {stored}, {"Quant_w"});
  }

  ValueId channels_constant(ValueId x, bool positive) {
    Shape of(shape(x).size(), 1);
    if (rng_.chance(0.7)) of[1] = shape(x)[1];
    Tensor::Floats values(static_cast<std::size_t>(count(of)));
    for (float& v : values) v = static_cast<float>(rng_.between(positive ? 1 : -8, 8)) / 4;
    return graph_.add_constant(Tensor(of, std::move(values)));
  }

  ValueId must(Op op, std::vector<ValueId> inputs, ValueId otherwise) {
    const Result<NodeId> added = graph_.add(std::move(op), inputs, {"n" + std::to_string(graph_.node_count())});
    if (!added.ok()) return otherwise;
    const ValueId y = graph_.node(*added).outputs[0];
    return count(shape(y)) > 0 && count(shape(y)) < 2000 ? y : otherwise;
  }

  Shape list(std::int64_t lo, std::int64_t hi) {
    Shape result;
    for (std::size_t a = 0; a < axes_; ++a) result.push_back(rng_.between(lo, hi));
    return result;
  }

  ValueId convolved(ValueId x) {
    const std::int64_t inputs = shape(x)[1];
    const std::int64_t groups = rng_.chance(0.3) ? inputs : inputs % 2 == 0 && rng_.chance(0.3) ? 2 : 1;
    Shape w = {groups * rng_.between(1, 2), inputs / groups};
    for (std::size_t a = 0; a < axes_; ++a) w.push_back(rng_.between(1, 3));
    const bool spaced = rng_.chance(0.15);
    const Conv op{
        list(1, 2), list(1, rng_.chance(0.2) ? 2 : 1), list(rng_.chance(0.1) ? -1 : 0, 1), list(0, 1), list(1, spaced ? 2 : 1), groups, 0};
    const ValueId y = must(op, {x, weights(w, 0)}, x);
    if (y == x || !rng_.chance(0.2)) return y;
    // A bias at the scale of the sums, as exporters write it: that is only so when both scales are uniform.
    Tensor::Ints codes(static_cast<std::size_t>(w[0]));
    for (std::int64_t& b : codes) b = rng_.between(-20, 20);
    Shape spread(shape(y).size(), 1);
    spread[1] = w[0];
    const ValueId bias = graph_.add_constant(Tensor(spread, std::move(codes)), "b", IntType{-20, 20, false});
    const ValueId value = graph_.must_add(Dequantize{{{static_cast<double>(scale() * scale())}, 0}, {{0}, 0}}, {bias}, {"Quant_b"});
    return must(Binary{BinaryFunction::kAdd}, {y, value}, y);
  }

  ValueId elementwise(ValueId x) {
    switch (rng_.between(0, 4)) {
      case 0:
        return must(Unary{UnaryFunction::kRelu}, {x}, x);
      case 1:
        return must(Binary{BinaryFunction::kMul}, {x, channels_constant(x, rng_.chance(0.7))}, x);
      case 2:
        return must(Binary{BinaryFunction::kAdd}, {x, channels_constant(x, false)}, x);
      case 3:
        return must(Unary{UnaryFunction::kLeakyRelu, 0.125F, 0}, {x}, x);
      default:
        return must(Binary{BinaryFunction::kDiv}, {x, graph_.add_constant(Tensor::scalar(4.0F))}, x);
    }
  }

  ValueId moved(ValueId x) {
    const auto rank = static_cast<std::int64_t>(shape(x).size());
    const auto axis = static_cast<int>(rng_.between(1, rank - 1));
    const std::int64_t size = shape(x)[static_cast<std::size_t>(axis)];
    switch (rng_.between(0, 4)) {
      case 0:
      case 1: {
        Pool pool{PoolKind::kMax, list(1, 3), list(1, 2), list(1, 1), {}, {}, 0};
        for (const std::int64_t window : pool.kernel) {  // no window may see padding alone
          pool.begin.push_back(window > 1 ? rng_.between(0, 1) : 0);
          pool.end.push_back(window > 1 ? rng_.between(0, 1) : 0);
        }
        return must(pool, {x}, x);
      }
      case 2: {
        Take take{axis, {}};
        for (std::int64_t i = 0; i < size; ++i) {
          take.indices.push_back(rng_.between(0, size - 1));
          if (rng_.chance(0.3)) take.indices.push_back(take.indices.back());
        }
        return must(take, {x}, x);
      }
      case 3: {
        Pad pad{Shape(static_cast<std::size_t>(rank), 0), Shape(static_cast<std::size_t>(rank), 0), 0, 0};
        for (std::size_t a = 2; a < pad.begin.size(); ++a) pad.begin[a] = rng_.between(0, 1), pad.end[a] = rng_.between(0, 1);
        if (rng_.chance(0.2)) pad.value = 0.5F;
        return must(pad, {x}, x);
      }
      default: {
        std::vector<int> perm;
        for (int a = 0; a < rank; ++a) perm.push_back(a);
        if (rank == 4) std::swap(perm[2], perm[3]);
        if (rng_.chance(0.3)) std::swap(perm[1], perm[2]);
        return must(Transpose{perm}, {x}, x);
      }
    }
  }

  ValueId layer(ValueId x) {
    switch (rng_.between(0, 9)) {
      case 0:
      case 1:
      case 2: {
        ValueId y = convolved(x);
        if (rng_.chance(0.5)) y = elementwise(y);
        if (rng_.chance(0.4)) y = moved(y);
        if (rng_.chance(0.5)) y = elementwise(y);
        return rng_.chance(0.8) ? quantized(y) : y;
      }
      case 3:
        return moved(x);
      case 4: {
        const ValueId y = must(Pool{PoolKind::kSum, list(1, 2), list(1, 2), list(1, 1), list(0, 1), list(0, 1), 0}, {x}, x);
        return rng_.chance(0.5) ? quantized(elementwise(y)) : y;
      }
      case 5: {
        const ValueId other = rng_.chance(0.5) ? quantized(elementwise(x)) : convolved(x);
        const ValueId y = must(Concat{static_cast<int>(rng_.between(1, static_cast<std::int64_t>(axes_)))}, {x, other}, x);
        const ValueId z = rng_.chance(0.5) ? elementwise(y) : y;
        return rng_.chance(0.5) ? quantized(z) : z;
      }
      case 6: {
        // Two values of one scale, of one of which some elements may be moved.
        const ValueId other = rng_.chance(0.5) ? moved(x) : x;
        const ValueId y = must(Binary{rng_.chance(0.5) ? BinaryFunction::kAdd : BinaryFunction::kSub}, {other, x}, x);
        return rng_.chance(0.5) ? quantized(y) : y;
      }
      case 7: {
        std::vector<int> axes;
        for (int a = 2; a < static_cast<int>(shape(x).size()); ++a) axes.push_back(a);
        return must(Sum{axes, true}, {x}, x);
      }
      case 8:
        return quantized(elementwise(moved(elementwise(x))));
      default:
        return elementwise(x);
    }
  }

  ValueId product(ValueId x) {
    const std::int64_t n = shape(x)[0];
    const std::int64_t k = count(shape(x)) / n;
    const ValueId flat = must(Reshape{{n, k}}, {x}, x);
    return must(MatMul{}, {flat, weights({k, rng_.between(1, 3)}, 1)}, flat);
  }

  Rng rng_;
  std::size_t axes_ = 2;
  Graph graph_;
};

}  // namespace finnr
