// SPDX-License-Identifier: Apache-2.0
// Sums of products of numbers from sums of products of codes. With x = lo + step * u:
//   sum x w = lo * sum w + step * sum u w
// and with u in planes of bits a_i and weights of -1 and +1 in bits b
//   sum u w = (2^planes - 1) * #(w > 0) - sum over i of 2^i * #(a_i differs from b),
// with weights in two's complement planes b_j, the highest of which counts negative
//   sum u w = sum over i, j of +-2^(i + j) * #(a_i and b_j).
// Bits beyond the last channel are 0 on both sides and change nothing.
#include "finnr/emulate/fast_layers.h"

#include <algorithm>
#include <bit>
#include <limits>

#include "finnr/base/check.h"

namespace finnr::fast {
namespace {

constexpr std::int64_t kMostSum = std::numeric_limits<std::int32_t>::max() - 1;
constexpr double kCountCost = 1.5;  ///< of a word of bits, in those of a word of bytes: exclusive or, count, add
constexpr int kMostPairs = 4;

struct WeightRange {
  std::int64_t lo = 0;
  std::int64_t hi = 0;
  bool bipolar = true;
};

WeightRange range_of(const Tensor::Ints& weights) {
  WeightRange range;
  for (const std::int64_t w : weights) {
    range.lo = std::min(range.lo, w);
    range.hi = std::max(range.hi, w);
    range.bipolar = range.bipolar && (w == 1 || w == -1);
  }
  return range;
}

/// Chooses between bits and bytes by what a window costs, and says how x has to lie.
void choose_form(Layer& layer, const WeightRange& range) {
  const Encoding& encoding = layer.want.encoding;
  const auto planes = static_cast<int>(std::bit_width(static_cast<std::uint64_t>(std::max<std::int64_t>(1, encoding.most))));
  layer.weight_planes = range.bipolar ? 1 : IntType{range.lo, range.hi}.bits();
  const int pairs = planes * layer.weight_planes;
  const auto words = static_cast<double>((layer.inputs + 31) / 32);
  const auto quads = static_cast<double>((layer.inputs + 3) / 4);
  layer.want.form = Form::kBytes;
  layer.product = Product::kDot;
  if (layer.groups == 1 && pairs <= kMostPairs && planes <= 3 && layer.weight_planes <= 3 && kCountCost * pairs * words < quads) {
    layer.want.form = Form::kBits;
    layer.want.planes = planes;
    layer.product = range.bipolar ? Product::kXor : Product::kAnd;
  }
}

bool sums_fit(const Layer& layer, const IntType& result) {
  if (result.lo < -kMostSum || result.hi > kMostSum) return false;
  for (std::int64_t m = 0; m < layer.outputs; ++m) {
    std::int64_t sum = 0;
    std::int64_t sizes = 0;
    for (std::int64_t c = 0; c < layer.inputs; ++c) {
      for (std::int64_t k = 0; k < layer.taps(); ++k) {
        const std::int64_t w = layer.weight(m, c, k);
        sum += w;
        sizes += std::abs(w);
      }
    }
    const std::int64_t most = std::max(std::abs(layer.want.encoding.lo), std::int64_t{1}) * std::abs(sum) +
                              2 * layer.want.encoding.most * std::max(sizes, layer.inputs * layer.taps());
    if (most > kMostSum) return false;
  }
  return true;
}

bool all(const Shape& shape, std::int64_t least, std::int64_t most) {
  return std::ranges::all_of(shape, [&](std::int64_t x) { return x >= least && x <= most; });
}

std::optional<Layer> finished(Layer layer, const Graph& graph, const Node& node, const Tensor& weights, const std::int64_t* fill) {
  const IntType& type = graph.value(layer.x).type.ints;
  layer.want.encoding = encoding_of(type, fill);
  if (layer.want.encoding.most > 255 || std::abs(layer.want.encoding.lo) > kMostSum) return std::nullopt;
  const WeightRange range = range_of(weights.ints());
  if (range.lo < -128 || range.hi > 127 || weights.size() == 0) return std::nullopt;
  layer.most_weight = std::max(-range.lo, range.hi);
  choose_form(layer, range);
  layer.want.settle();
  if (layer.want.frame_bytes > std::numeric_limits<std::int32_t>::max() || count(layer.out) == 0) return std::nullopt;
  if (!sums_fit(layer, graph.value(node.outputs[0]).type.ints)) return std::nullopt;
  return layer;
}

std::optional<Layer> matrix_of(const Graph& graph, const Node& node, bool may_flatten) {
  Layer layer;
  layer.x = node.inputs[0];
  const Value* x = &graph.value(layer.x);
  const Value& w = graph.value(node.inputs[1]);
  if (w.shape.size() != 2 || x->shape.size() < 2 || !w.constant || w.constant->is_float()) return std::nullopt;
  const std::int64_t outputs = w.shape[1];
  const Tensor* weights = w.constant.get();
  const std::int64_t* data = weights->ints().data();
  const NodeId producer = x->producer;
  if (may_flatten && producer.valid() && std::holds_alternative<Reshape>(graph.node(producer).op)) {
    const ValueId from = graph.node(producer).inputs[0];
    const Shape& shape = graph.value(from).shape;
    if (shape.size() >= 3 && shape[0] == 1 && x->shape.size() == 2 && x->shape[0] == 1 && graph.value(from).constant == nullptr) {
      layer.x = from;
      layer.want = Layout::of(shape, 1);
      layer.kernel = layer.want.dims;
      const std::int64_t taps = count(layer.kernel);
      layer.weight = [data, taps, outputs](std::int64_t m, std::int64_t c, std::int64_t k) { return data[(c * taps + k) * outputs + m]; };
    }
  }
  if (!layer.weight) {
    layer.want = Layout::of(x->shape, static_cast<int>(x->shape.size()) - 1);
    layer.kernel.assign(layer.want.dims.size(), 1);
    layer.weight = [data, outputs](std::int64_t m, std::int64_t c, std::int64_t) { return data[c * outputs + m]; };
  }
  layer.stride.assign(layer.kernel.size(), 1);
  layer.dilation = layer.stride;
  for (std::size_t a = 0; a < layer.kernel.size(); ++a) layer.out.push_back(layer.want.dims[a] - layer.kernel[a] + 1);
  layer.inputs = layer.want.channels;
  layer.outputs = outputs;
  layer.axis = static_cast<int>(graph.value(node.outputs[0]).shape.size()) - 1;
  return finished(std::move(layer), graph, node, *weights, nullptr);
}

std::optional<Layer> convolution_of(const Graph& graph, const Node& node, const Conv& op) {
  Layer layer;
  layer.x = node.inputs[0];
  const Value& w = graph.value(node.inputs[1]);
  if (!w.constant || w.constant->is_float() || !all(op.spacing, 1, 1) || !all(op.begin, 0, kMaxElements) || !all(op.end, 0, kMaxElements))
    return std::nullopt;
  layer.want = Layout::of(graph.value(layer.x).shape, 1);
  const auto with_batch = [](const Shape& shape, std::int64_t first) {
    Shape all = shape;
    all.insert(all.begin(), first);
    return all;
  };
  layer.kernel = with_batch(spatial_part(w.shape), 1);
  layer.stride = with_batch(op.stride, 1);
  layer.dilation = with_batch(op.dilation, 1);
  layer.want.begin = with_batch(op.begin, 0);
  layer.want.end = with_batch(op.end, 0);
  layer.want.fill = op.fill;
  layer.out = Layout::of(graph.value(node.outputs[0]).shape, 1).dims;
  layer.groups = op.groups;
  layer.inputs = w.shape[1];
  layer.outputs = w.shape[0];
  layer.depthwise = op.groups > 1 && layer.inputs == 1 && layer.outputs == op.groups;
  const std::int64_t taps = layer.taps();
  const std::int64_t inputs = layer.inputs;
  const std::int64_t* data = w.constant->ints().data();
  layer.weight = [data, taps, inputs](std::int64_t m, std::int64_t c, std::int64_t k) { return data[(m * inputs + c) * taps + k]; };
  const bool padded = !all(op.begin, 0, 0) || !all(op.end, 0, 0);
  return finished(std::move(layer), graph, node, *w.constant, padded ? &op.fill : nullptr);
}

}  // namespace

std::optional<Layer> layer_of(const Graph& graph, NodeId id, bool may_flatten) {
  const Node& node = graph.node(id);
  if (graph.value(node.inputs[0]).type.is_float || graph.value(node.inputs[0]).constant) return std::nullopt;
  if (std::holds_alternative<MatMul>(node.op)) {
    std::optional<Layer> layer = matrix_of(graph, node, may_flatten);
    return layer || !may_flatten ? layer : matrix_of(graph, node, false);
  }
  const auto* conv = std::get_if<Conv>(&node.op);
  return conv == nullptr ? std::nullopt : convolution_of(graph, node, *conv);
}

WindowTable windows_of(const Layout& layout, const Shape& begin, const Shape& kernel, const Shape& stride, const Shape& dilation,
                       const Shape& out, const Shape& pool, bool single_taps) {
  WindowTable table;
  const std::vector<std::int64_t> pitch = layout.pitches();
  const std::size_t axes = kernel.size();
  std::int64_t origin = 0;
  for (std::size_t a = 0; a < axes; ++a) origin += (layout.begin[a] - begin[a]) * pitch[a];
  Shape pooled = out;
  for (std::size_t a = 0; a < pool.size(); ++a) pooled[a] = out[a] / pool[a];
  const std::int64_t members = pool.empty() ? 1 : count(pool);
  for (std::int64_t i = 0; i < count(pooled) * members; ++i) {
    std::int64_t place = i / members;
    std::int64_t member = i % members;
    std::int64_t start = origin;
    for (std::size_t a = axes; a-- > 0;) {
      const std::int64_t size = pool.empty() ? 1 : pool[a];
      start += (place % pooled[a] * size + member % size) * stride[a] * pitch[a];
      place /= pooled[a];
      member /= size;
    }
    table.starts.push_back(static_cast<std::uint32_t>(start));
  }
  // Taps along trailing axes lie side by side while each axis is read without gaps.
  std::size_t together = 1;
  std::size_t outer = axes;
  auto expected = static_cast<std::int64_t>(layout.pixel_bytes);
  while (!single_taps && outer > 0 && dilation[outer - 1] == 1 && pitch[outer - 1] == expected) {
    --outer;
    together *= static_cast<std::size_t>(kernel[outer]);
    expected = pitch[outer] * kernel[outer];
  }
  table.run_words = together * layout.pixel_bytes / 4;
  for (std::int64_t k = 0; k < count(kernel); k += static_cast<std::int64_t>(together)) {
    std::int64_t rest = k;
    std::int64_t place = 0;
    for (std::size_t a = axes; a-- > 0; rest /= kernel[a]) place += rest % kernel[a] * dilation[a] * pitch[a];
    table.runs.push_back(static_cast<std::uint32_t>(place));
  }
  return table;
}

PackedWeights pack_weights(const Layer& layer, std::int64_t group, const WindowTable& windows, SumMeaning& sums) {
  PackedWeights packed;
  const std::int64_t outputs = layer.outputs / layer.groups;
  const std::int64_t taps = layer.taps();
  const Encoding& encoding = layer.want.encoding;
  packed.product = layer.product;
  packed.narrow = 2 * encoding.most * layer.most_weight <= std::numeric_limits<std::int16_t>::max();
  packed.planes = layer.product == Product::kAnd ? static_cast<std::size_t>(layer.weight_planes) : 1;
  packed.blocks = static_cast<std::size_t>((outputs + 15) / 16);
  const std::size_t words_of_window = windows.runs.size() * windows.run_words;
  const std::size_t words_of_tap = words_of_window / static_cast<std::size_t>(taps);
  packed.words.assign(packed.blocks * packed.planes * words_of_window * kBlock, 0);

  sums.add.clear();
  bool negative = false;
  for (std::int64_t row = 0; row < outputs; ++row) {
    const std::int64_t m = group * outputs + row;
    std::int64_t sum = 0;
    std::int64_t positive = 0;
    for (std::int64_t k = 0; k < taps; ++k) {
      for (std::int64_t c = 0; c < layer.inputs; ++c) {
        const std::int64_t w = layer.weight(m, c, k);
        sum += w;
        positive += w > 0 ? 1 : 0;
        negative = negative || w < 0;
        const std::int64_t per_word = layer.product == Product::kDot ? 4 : 32;
        const std::size_t word = static_cast<std::size_t>(k) * words_of_tap + static_cast<std::size_t>(c / per_word);
        const auto shift = static_cast<unsigned>(c % per_word) * (layer.product == Product::kDot ? 8U : 1U);
        for (std::size_t plane = 0; plane < packed.planes; ++plane) {
          const std::size_t at = ((static_cast<std::size_t>(row) / kBlock * packed.planes + plane) * words_of_window + word) * kBlock;
          std::uint32_t bits = static_cast<std::uint8_t>(w);
          if (layer.product == Product::kXor) bits = w > 0 ? 1U : 0U;
          if (layer.product == Product::kAnd) bits = static_cast<std::uint32_t>(w >> plane) & 1U;
          packed.words[at + static_cast<std::size_t>(row) % kBlock] |= bits << shift;
        }
      }
    }
    const std::int64_t codes = layer.product == Product::kXor ? ((std::int64_t{1} << layer.want.planes) - 1) * positive : 0;
    sums.add.push_back(static_cast<std::int32_t>(encoding.lo * sum + encoding.step * codes));
  }
  sums.factor = static_cast<std::int32_t>(layer.product == Product::kXor ? -encoding.step : encoding.step);
  if (layer.product == Product::kDot) return packed;
  int before = -1;
  for (int weight = layer.want.planes + static_cast<int>(packed.planes) - 2; weight >= 0; --weight) {
    for (int i = 0; i < layer.want.planes; ++i) {
      const int j = weight - i;
      if (j < 0 || j >= static_cast<int>(packed.planes)) continue;
      PlanePair pair;
      pair.x = static_cast<std::uint8_t>(i);
      pair.w = static_cast<std::uint8_t>(j);
      pair.shift = static_cast<std::uint8_t>(before < 0 ? 0 : before - weight);
      // A group of weights without a sign is packed in as many planes as the layer has, and the highest of them is empty.
      pair.negative = layer.product == Product::kAnd && negative && j == static_cast<int>(packed.planes) - 1;
      before = weight;
      packed.pairs.push_back(pair);
    }
  }
  return packed;
}

std::vector<std::int16_t> pack_depthwise(const Layer& layer, std::size_t channels, SumMeaning& sums) {
  std::vector<std::int16_t> taps(static_cast<std::size_t>(layer.taps()) * channels, 0);
  sums.add.clear();
  for (std::int64_t m = 0; m < layer.outputs; ++m) {
    std::int64_t sum = 0;
    for (std::int64_t k = 0; k < layer.taps(); ++k) {
      const std::int64_t w = layer.weight(m, 0, k);
      sum += w;
      taps[static_cast<std::size_t>(k) * channels + static_cast<std::size_t>(m)] = static_cast<std::int16_t>(w);
    }
    sums.add.push_back(static_cast<std::int32_t>(layer.want.encoding.lo * sum));
  }
  sums.factor = static_cast<std::int32_t>(layer.want.encoding.step);
  return taps;
}

}  // namespace finnr::fast
