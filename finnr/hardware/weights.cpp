// SPDX-License-Identifier: Apache-2.0
#include "finnr/hardware/weights.h"

#include <algorithm>

namespace finnr {

std::shared_ptr<const Tensor> matrix_weights(const std::shared_ptr<const Tensor>& weights, const std::vector<std::int64_t>& rows) {
  bool same = true;
  for (std::size_t i = 0; i < rows.size(); ++i) same = same && rows[i] == static_cast<std::int64_t>(i);
  if (same) return weights;
  const auto columns = static_cast<std::ptrdiff_t>(weights->shape()[1]);
  Tensor::Ints turned;
  turned.reserve(weights->ints().size());
  for (const std::int64_t row : rows) {
    const auto first = weights->ints().begin() + row * columns;
    turned.insert(turned.end(), first, first + columns);
  }
  return std::make_shared<const Tensor>(weights->shape(), std::move(turned));
}

std::shared_ptr<const Tensor> convolution_weights(const Tensor& weights, std::int64_t groups, const std::vector<std::int64_t>& channels) {
  const Shape& shape = weights.shape();
  const std::int64_t outputs = shape[0];
  const std::int64_t inputs = shape[1];
  const std::int64_t kernel = count(shape) / (outputs * inputs);
  Tensor::Ints turned(weights.ints().size());
  for (std::int64_t i = 0; i < inputs; ++i) {
    const std::int64_t channel = groups == 1 ? channels[static_cast<std::size_t>(i)] : i;
    for (std::int64_t k = 0; k < kernel; ++k) {
      for (std::int64_t m = 0; m < outputs; ++m) {
        turned[static_cast<std::size_t>((k * inputs + i) * outputs + m)] =
            weights.ints()[static_cast<std::size_t>((m * inputs + channel) * kernel + k)];
      }
    }
  }
  return std::make_shared<const Tensor>(Shape{kernel * inputs, outputs}, std::move(turned));
}

std::shared_ptr<const Tensor> depthwise_weights(const Tensor& weights) {
  const std::int64_t channels = weights.shape()[0];
  const std::int64_t kernel = weights.size() / channels;
  Tensor::Ints turned(weights.ints().size());
  for (std::int64_t c = 0; c < channels; ++c) {
    for (std::int64_t k = 0; k < kernel; ++k)
      turned[static_cast<std::size_t>(k * channels + c)] = weights.ints()[static_cast<std::size_t>(c * kernel + k)];
  }
  return std::make_shared<const Tensor>(Shape{kernel, channels}, std::move(turned));
}

std::vector<std::int64_t> table_rows(const Graph& graph, NodeId thresholds, const Layout& layout) {
  const Node& node = graph.node(thresholds);
  const Shape& shape = graph.value(node.inputs[0]).shape;
  const auto axis = static_cast<std::size_t>(std::get<Thresholds>(node.op).axis);
  const std::int64_t inner = strides(shape)[axis];
  std::vector<std::int64_t> rows = layout.order();
  for (std::int64_t& row : rows) row = row / inner % shape[axis];
  return rows;
}

std::int64_t table_period(const Graph& graph, NodeId thresholds, const Layout& layout) {
  const Node& node = graph.node(thresholds);
  const auto single = [&](std::size_t i) { return graph.value(node.inputs[i]).shape[0] == 1; };
  if (single(1) && single(2) && single(3)) return 1;
  const Shape& shape = graph.value(node.inputs[0]).shape;
  const auto axis = static_cast<std::size_t>(std::get<Thresholds>(node.op).axis);
  if (shape[axis] == 1) return 1;
  // The loops inside the last one that steps along the axis must be whole: the usual case is that the axis is innermost.
  const std::int64_t inner = strides(shape)[axis];
  if (!layout.loops.empty() && layout.loops.back() == Layout::Loop{inner, shape[axis]}) return shape[axis];
  const std::vector<std::int64_t> rows = table_rows(graph, thresholds, layout);
  for (std::size_t period = static_cast<std::size_t>(shape[axis]); period < rows.size(); ++period) {
    if (rows.size() % period != 0) continue;
    bool repeats = true;
    for (std::size_t i = period; repeats && i < rows.size(); ++i) repeats = rows[i] == rows[i - period];
    if (repeats) return static_cast<std::int64_t>(period);
  }
  return static_cast<std::int64_t>(rows.size());
}

IntType weight_type(const Tensor& weights) {
  const auto [lo, hi] = std::ranges::minmax(weights.ints());
  const bool bipolar = lo == -1 && hi == 1 && std::ranges::find(weights.ints(), 0) == weights.ints().end();
  return bipolar ? IntType::bipolar_type() : IntType{lo, hi, false};
}

}  // namespace finnr
