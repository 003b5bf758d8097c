// SPDX-License-Identifier: Apache-2.0
// A network is a chain of blocks; each takes quantized values [1, channels, spatial...] and leaves such values.
#include "random_cnn.h"

#include <algorithm>
#include <numeric>
#include <utility>

#include "random_parts.h"

namespace finnr {
namespace {

class Maker : RandomParts {
 public:
  Maker(Rng& rng, const CnnLimits& limits) : RandomParts(rng, limits.integer_only), limits_(limits) {}

  Graph make() {
    graph_.name = "random";
    make_image();
    const std::int64_t blocks = rng_.between(1, limits_.blocks);
    for (std::int64_t block = 0; block < blocks && products_ < limits_.products; ++block) {
      between_layers();
      add_block();
      if (rng_.chance(0.08)) requantize();
      if (rng_.chance(0.05)) outputs_.push_back(at_.x);
    }
    add_head();
    if (std::ranges::find(outputs_, at_.x) == outputs_.end()) outputs_.push_back(at_.x);
    graph_.set_outputs(outputs_);
    return std::move(graph_);
  }

 private:
  [[nodiscard]] std::size_t axes() const { return shape().size() - 2; }
  [[nodiscard]] std::int64_t pixels() const { return count(shape()) / at_.channels; }
  Shape all(std::int64_t value) const { return Shape(axes(), value); }
  /// Tensors are still small enough for padding and upsampling.
  [[nodiscard]] bool may_grow() const { return pixels() < 2 * limits_.side * limits_.side && at_.channels < 3 * limits_.channels; }

  void make_image() {
    const bool plane = rng_.chance(0.7);
    Shape image = {1, rng_.between(1, limits_.channels / 2)};
    for (int a = 0; a < (plane ? 2 : 1); ++a)
      image.push_back(rng_.chance(0.05) ? 1 : rng_.between(3, plane ? limits_.side : 4 * limits_.side));
    if (!rng_.chance(0.1)) return make_input(image);
    std::rotate(image.begin() + 1, image.begin() + 2, image.end());  // channels last, as some exporters give it
    make_input(image);
    Transpose turn{{0, static_cast<int>(image.size()) - 1}};
    for (int a = 1; a + 1 < static_cast<int>(image.size()); ++a) turn.perm.push_back(a);
    append(std::move(turn), "Transpose");
    at_.channels = shape()[1];
  }

  void add_block() {
    switch (rng_.between(0, 13)) {
      case 0:
      case 1:
        return add_residual();
      case 2:
        return add_concat();
      case 3:
        return add_split();
      case 4:
        return add_max_pool();
      case 5:
        return add_average_pool();
      case 6:
        return add_moves();
      case 7:
        return rng_.chance(0.5) ? add_gate() : add_twice();
      default:
        return add_layer(rng_.between(1, limits_.channels), false);
    }
  }

  /// A convolution and everything up to its quantizer. `same`: the result has the size of the input.
  void add_layer(std::int64_t channels, bool same) {
    add_conv(channels, same);
    add_activation_chain();
    if (rng_.chance(0.08)) {
      add_count_thresholds();
    } else {
      quantize_layer();
    }
  }

  void quantize_layer() {
    if (!rng_.chance(0.08)) return add_quantizer(true);
    Quantize quantize;  // a scale for each channel, in whole ratios: what follows can be an integer network
    quantize.codes = IntType::of_bits(static_cast<int>(rng_.between(2, 4)), rng_.chance(0.5));
    quantize.zero = {{0.0F}, 0};
    quantize.scale.axis = 1;
    const float least = scale_near(at_.size / static_cast<double>(quantize.codes.hi));
    for (std::int64_t c = 0; c < at_.channels; ++c) quantize.scale.values.push_back(least * static_cast<float>(rng_.between(1, 3)));
    if (at_.channels == 1) quantize.scale.axis = 0;
    add_quantizer(quantize);
  }

  /// Sizes of a window that fits; kernels, dilations and pads along each axis by themselves.
  void add_conv(std::int64_t channels, bool same) {
    Conv conv{all(1), all(1), all(0), all(0), all(1)};
    const Shape x = shape();
    const bool point = rng_.chance(0.2);
    const bool transposed = !same && may_grow() && rng_.chance(0.12);
    Shape kernel;
    for (std::size_t a = 0; a < axes(); ++a) {
      if (transposed) conv.spacing[a] = rng_.between(1, 3);
      const std::int64_t size = (x[a + 2] - 1) * conv.spacing[a] + 1;
      std::int64_t k = point ? 1 : rng_.chance(0.1) ? rng_.between(4, 5) : rng_.between(1, 3);
      if (same && k % 2 == 0) --k;
      if (k > 1 && rng_.chance(0.12)) conv.dilation[a] = 2;
      const std::int64_t reach = (k - 1) * conv.dilation[a];
      if (same) {
        conv.begin[a] = conv.end[a] = reach / 2;
        if (reach > 0 && rng_.chance(0.1)) ++conv.begin[a], --conv.end[a];
      } else {
        if (rng_.chance(0.6)) conv.begin[a] = rng_.between(0, reach);
        if (rng_.chance(0.6)) conv.end[a] = rng_.chance(0.5) ? conv.begin[a] : rng_.between(0, reach);
        if (transposed && rng_.chance(0.2) && size + conv.begin[a] - 1 > reach) conv.begin[a] -= 1;
        conv.end[a] = std::max(conv.end[a], reach + 1 - size - conv.begin[a]);
        conv.stride[a] = rng_.chance(0.65) ? 1 : rng_.between(2, 3);
      }
      kernel.push_back(k);
    }
    if (rng_.chance(0.15)) {  // depthwise
      conv.groups = at_.channels;
      channels = same ? channels : at_.channels * rng_.between(1, 2);
    } else if (rng_.chance(0.15)) {
      conv.groups = std::gcd(at_.channels, channels);
    }
    if (channels % conv.groups != 0) conv.groups = 1;
    Shape stored = {channels, at_.channels / conv.groups};
    stored.insert(stored.end(), kernel.begin(), kernel.end());
    const std::int64_t terms = stored[1] * count(kernel);
    products_ += terms * channels * pixels();
    const ValueId weights =
        transposed && conv.groups == 1 && rng_.chance(0.5) ? mirrored_weights(stored, terms) : add_weights(stored, 0, terms);
    at_.x = graph_.must_add(std::move(conv), {at_.x, weights}, origin(transposed ? "ConvTranspose" : "Conv"));
    at_.channels = channels;
  }

  /// As a transposed convolution stores them: inputs first, each axis the other way round.
  ValueId mirrored_weights(Shape shape, std::int64_t terms) {
    std::swap(shape[0], shape[1]);
    ValueId weights = add_weights(shape, 1, terms);
    Transpose turn{{1, 0}};
    for (int a = 2; a < static_cast<int>(shape.size()); ++a) turn.perm.push_back(a);
    weights = graph_.must_add(std::move(turn), {weights}, origin("ConvTranspose"));
    for (std::size_t a = 2; a < shape.size(); ++a) {
      Take mirror{static_cast<int>(a), {}};
      for (std::int64_t i = shape[a]; i-- > 0;) mirror.indices.push_back(i);
      weights = graph_.must_add(std::move(mirror), {weights}, origin("ConvTranspose"));
    }
    return weights;
  }

  /// Quantizers for branches that meet, from the sizes of their numbers.
  Quantize joint_quantizer() {
    const auto bits = static_cast<int>(rng_.between(2, 6));
    Quantize quantize;
    quantize.style = rng_.chance(0.5) ? QuantizeStyle::kQonnx : QuantizeStyle::kOnnx;
    quantize.codes = IntType::of_bits(bits, rng_.chance(0.7));
    if (rng_.chance(0.05)) quantize = {QuantizeStyle::kBipolar, Rounding::kHalfEven, IntType::bipolar_type(), {}, {}};
    quantize.scale = {{scale_near(at_.size / static_cast<double>(quantize.codes.hi))}, 0};
    const bool zero = !quantize.codes.bipolar && rng_.chance(0.1);
    quantize.zero = {{zero ? static_cast<float>(rng_.between(quantize.codes.lo, quantize.codes.hi)) : 0.0F}, 0};
    return quantize;
  }

  /// The same grid for both, one of a whole ratio to it, or the one that the branch has already.
  void quantize_branch(const Quantize& shared, std::int64_t kind) {
    if (kind == 0) return;
    Quantize own = shared;
    if (kind == 1) own.scale.values[0] *= rng_.chance(0.7) ? 2.0F : 3.0F;
    add_quantizer(own);
  }

  void add_residual() {
    const Place fork = at_;
    const std::int64_t channels = rng_.chance(0.7) ? at_.channels : rng_.between(1, limits_.channels);
    if (rng_.chance(0.5)) add_layer(rng_.between(1, limits_.channels), true);
    add_conv(channels, true);
    if (rng_.chance(0.7)) add_batch_norm();
    const Quantize shared = joint_quantizer();
    const std::int64_t kind = rng_.between(0, 9);
    if (kind == 0 && rng_.chance(0.7)) {
      add_quantizer(true);  // scales without relation; else the accumulator itself meets the shortcut
    } else if (kind != 0) {
      add_quantizer(shared);
    }
    const Place inner = at_;
    at_ = fork;
    if (at_.channels != channels) {
      add_conv(channels, true);
      if (rng_.chance(0.5)) add_batch_norm();
      quantize_branch(shared, 2);
    } else {
      quantize_branch(shared, kind < 3 ? kind : 2);
    }
    meet(BinaryFunction::kAdd, inner);
    add_activation_chain_without_scan();
    add_quantizer(true);
  }

  void meet(BinaryFunction function, const Place& other) {
    const bool first = rng_.chance(0.5);
    at_.x = graph_.must_add(Binary{function}, {first ? at_.x : other.x, first ? other.x : at_.x}, origin("meet"));
    at_.size = function == BinaryFunction::kAdd ? at_.size + other.size : at_.size * other.size;
    at_.weight_scale = {{1.0}, 0};
  }

  /// Between a sum of branches and its quantizer.
  void add_activation_chain_without_scan() {
    if (rng_.chance(0.15)) add_batch_norm();
    if (rng_.chance(0.6)) unary(UnaryFunction::kRelu);
  }

  void add_concat() {
    const Place fork = at_;
    const Quantize shared = joint_quantizer();
    const bool own_grids = rng_.chance(0.25);
    const std::int64_t parts = rng_.between(2, 3);
    std::vector<ValueId> values;
    std::int64_t channels = 0;
    for (std::int64_t part = 0; part < parts; ++part) {
      at_ = fork;
      if (part > 0 || rng_.chance(0.6)) {
        add_conv(rng_.between(1, limits_.channels), true);
        if (rng_.chance(0.5)) add_batch_norm();
        own_grids ? add_quantizer(true) : add_quantizer(shared);
      } else if (!own_grids) {
        add_quantizer(shared);
      }
      values.push_back(at_.x);
      channels += at_.channels;
    }
    join(values, 1);
    at_.channels = channels;
    if (own_grids && rng_.chance(0.7)) add_quantizer(false);
  }

  void join(const std::vector<ValueId>& values, int axis) {
    const Result<NodeId> node = graph_.add(Concat{axis}, values, origin("Concat"));
    at_.x = graph_.node(*node).outputs[0];
  }

  void take(int axis, std::vector<std::int64_t> indices) {
    append(Take{axis, std::move(indices)}, "Take");
    at_.channels = shape()[1];
  }

  static std::vector<std::int64_t> range(std::int64_t begin, std::int64_t end, std::int64_t step = 1) {
    std::vector<std::int64_t> list;
    for (std::int64_t i = begin; i < end; i += step) list.push_back(i);
    return list;
  }

  /// Two parts of the channels; one passes a layer, then they come together, at times shuffled.
  void add_split() {
    if (at_.channels < 2) return add_layer(rng_.between(2, limits_.channels), false);
    const Place fork = at_;
    const std::int64_t cut = rng_.between(1, at_.channels - 1);
    take(1, range(cut, fork.channels));
    const Place rest = at_;
    at_ = fork;
    take(1, range(0, cut));
    const Quantize shared = joint_quantizer();
    add_conv(rng_.between(1, limits_.channels), true);
    if (rng_.chance(0.5)) add_batch_norm();
    add_quantizer(shared);
    const ValueId inner = at_.x;
    const std::int64_t channels = at_.channels + rest.channels;
    at_ = rest;
    if (rng_.chance(0.8)) add_quantizer(shared);
    join({inner, at_.x}, 1);
    at_.channels = channels;
    if (rng_.chance(0.4)) {
      std::vector<std::int64_t> order = range(0, channels);
      for (std::int64_t i = channels; i-- > 1;)
        std::swap(order[static_cast<std::size_t>(i)], order[static_cast<std::size_t>(rng_.between(0, i))]);
      take(1, std::move(order));
    }
  }

  /// Windows of which each holds an element at least.
  Pool random_pool(PoolKind kind) {
    Pool pool{kind, {}, all(1), all(1), all(0), all(0)};
    const Shape x = shape();
    for (std::size_t a = 0; a < axes(); ++a) {
      const std::int64_t size = x[a + 2];
      std::int64_t k = std::min(size, rng_.chance(0.1) ? std::int64_t{4} : rng_.between(1, 3));
      pool.kernel.push_back(k);
      pool.stride[a] = rng_.chance(0.5) ? k : rng_.between(1, 3);
      if (rng_.chance(0.1) && (k - 1) * 2 < size) {
        pool.dilation[a] = 2;
        continue;
      }
      if (k > 1 && rng_.chance(0.4)) pool.begin[a] = rng_.between(0, k - 1);
      if (k > 1 && rng_.chance(0.4)) pool.end[a] = rng_.between(0, k - 1);  // what rounding up comes to, among others
    }
    return pool;
  }

  void add_max_pool() {
    append(random_pool(PoolKind::kMax), "MaxPool");
    if (rng_.chance(0.2)) add_quantizer(true);
  }

  void add_average_pool() {
    const Pool pool = random_pool(PoolKind::kSum);
    const Shape before = shape();
    append(pool, "AveragePool");
    const std::int64_t window = count(pool.kernel);
    if (rng_.chance(0.5)) {
      binary(BinaryFunction::kDiv, scalar(static_cast<float>(window)));
    } else {
      binary(BinaryFunction::kDiv, elements_under(pool, before));
    }
    if (rng_.chance(0.2)) binary(BinaryFunction::kMul, scalar(static_cast<float>(window)));
    add_quantizer(true);
  }

  /// How many elements, not padding, each window holds: the divisor of averages that leave padding out.
  ValueId elements_under(const Pool& pool, const Shape& x) {
    Shape over = {1, 1};
    std::vector<std::vector<float>> along;
    for (std::size_t a = 0; a < pool.kernel.size(); ++a) {
      along.emplace_back();
      for (std::int64_t o = 0; o < shape()[a + 2]; ++o) {
        float held = 0;
        for (std::int64_t k = 0; k < pool.kernel[a]; ++k) {
          const std::int64_t at = o * pool.stride[a] + k * pool.dilation[a] - pool.begin[a];
          if (at >= 0 && at < x[a + 2]) ++held;
        }
        along.back().push_back(held);
      }
      over.push_back(std::ssize(along.back()));
    }
    std::vector<float> counts = {1};
    for (const std::vector<float>& axis : along) {
      std::vector<float> next;
      for (const float before : counts) {
        for (const float held : axis) next.push_back(before * held);
      }
      counts = std::move(next);
    }
    return graph_.add_constant(Tensor(std::move(over), std::move(counts)));
  }

  /// Crops, mirrors, steps, upsampling, and padding as a node of its own.
  void add_moves() {
    const int axis = rng_.chance(0.1) ? 1 : static_cast<int>(rng_.between(2, std::ssize(shape()) - 1));
    const std::int64_t size = shape()[static_cast<std::size_t>(axis)];
    const std::int64_t kind = rng_.between(0, 4);
    if (kind == 0) {
      take(axis, range(rng_.between(0, size - 1) / 2, size, rng_.between(1, 2)));
    } else if (kind == 1) {
      std::vector<std::int64_t> indices = range(0, size);
      std::ranges::reverse(indices);
      take(axis, std::move(indices));
    } else if (kind == 2 && may_grow()) {
      Pad pad{Shape(shape().size(), 0), Shape(shape().size(), 0)};
      for (std::size_t a = 2; a < shape().size(); ++a) {
        pad.begin[a] = rng_.between(0, 2);
        pad.end[a] = rng_.between(0, 2);
      }
      if (rng_.chance(0.15)) pad.value = static_cast<float>(at_.size / 2);
      append(std::move(pad), "Pad");
    } else if (may_grow()) {  // nearest neighbours
      const std::int64_t factor = rng_.between(2, 3);
      for (int a = 2; a < static_cast<int>(shape().size()); ++a) {
        std::vector<std::int64_t> indices;
        const std::int64_t sources = shape()[static_cast<std::size_t>(a)];
        for (std::int64_t i = 0; i < sources * factor; ++i) indices.push_back(i / factor);
        take(a, std::move(indices));
      }
    }
    if (rng_.chance(0.6)) add_layer(rng_.between(1, limits_.channels), false);
  }

  /// The channels' averages, through a small layer, times the channels.
  void add_gate() {
    const Place fork = at_;
    add_global_average(true);
    add_quantizer(true);
    add_conv(fork.channels, true);
    if (rng_.chance(0.5)) add_bias();
    unary(UnaryFunction::kSigmoid);
    at_.size = 1;
    add_quantizer(true);
    meet(BinaryFunction::kMul, fork);
    add_quantizer(true);
  }

  /// One value twice.
  void add_twice() {
    meet(rng_.chance(0.7) ? BinaryFunction::kAdd : BinaryFunction::kMul, at_);
    add_quantizer(true);
  }

  void add_global_average(bool keep) {
    Sum sum{{}, keep};
    for (int a = 2; a < static_cast<int>(shape().size()); ++a) sum.axes.push_back(a);
    const auto window = static_cast<float>(pixels());
    append(std::move(sum), "GlobalAveragePool");
    binary(BinaryFunction::kDiv, scalar(window));
  }

  void add_head() {
    const std::int64_t kind = rng_.between(0, 4);
    if (kind == 0) return;
    if (kind == 1) {  // scores for each pixel
      add_conv(rng_.between(1, limits_.channels), false);
      if (rng_.chance(0.5)) add_bias();
      return;
    }
    if (kind == 2) {
      add_global_average(rng_.chance(0.5));
      if (rng_.chance(0.8)) add_quantizer(true);
    }
    if (kind == 3 && rng_.chance(0.3)) add_average_pool();
    at_.channels = count(shape());
    if (shape().size() != 2) append(Reshape{{1, at_.channels}}, "Flatten");
    const std::int64_t layers = products_ > limits_.products ? 1 : rng_.between(1, 2);
    for (std::int64_t layer = 0; layer < layers; ++layer) {
      between_layers();
      products_ += at_.channels * 10;
      add_matmul(rng_.between(1, 10));
      if (layer + 1 == layers && rng_.chance(0.7)) {
        if (rng_.chance(0.6)) add_bias();
        if (rng_.chance(0.3)) add_uniform_affine();
        return;
      }
      add_activation_chain();
      add_quantizer(true);
    }
  }

  CnnLimits limits_;
  std::vector<ValueId> outputs_;
  std::int64_t products_ = 0;
};

}  // namespace

Graph random_cnn(Rng& rng, const CnnLimits& limits) { return Maker(rng, limits).make(); }

}  // namespace finnr
