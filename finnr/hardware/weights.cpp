// SPDX-License-Identifier: Apache-2.0
#include "finnr/hardware/weights.h"

#include <algorithm>

#include "finnr/tensor/arrange.h"

namespace finnr {

std::shared_ptr<const Tensor> with_rows(const std::shared_ptr<const Tensor>& table, const std::vector<std::int64_t>& rows) {
  bool same = rows.empty() || std::ssize(rows) == table->shape()[0];
  for (std::size_t i = 0; same && i < rows.size(); ++i) same = rows[i] == static_cast<std::int64_t>(i);
  if (same) return table;
  return std::make_shared<const Tensor>(gather(*table, Tensor({std::ssize(rows)}, rows), 0));
}

std::shared_ptr<const Tensor> convolution_weights(const Tensor& weights, const std::vector<std::int64_t>& channels) {
  const std::int64_t outputs = weights.shape()[0];
  const std::int64_t inputs = weights.shape()[1];
  const std::int64_t kernel = weights.size() / (outputs * inputs);
  const Tensor flat = weights.reshaped({outputs, inputs, kernel});
  const Tensor streamed = channels.empty() ? flat : gather(flat, Tensor({inputs}, channels), 1);
  constexpr int kKernelFirst[] = {2, 1, 0};
  return std::make_shared<const Tensor>(transpose(streamed, kKernelFirst).reshaped({kernel * inputs, outputs}));
}

std::shared_ptr<const Tensor> with_empty_rows(const Tensor& weights, std::int64_t channels, std::int64_t padded) {
  const std::int64_t kernel = weights.shape()[0] / channels;
  const std::int64_t columns = weights.shape()[1];
  Tensor::Ints rows(static_cast<std::size_t>(kernel * padded * columns), 0);
  for (std::int64_t k = 0; k < kernel; ++k)
    std::copy_n(weights.ints().begin() + k * channels * columns, channels * columns, rows.begin() + k * padded * columns);
  return std::make_shared<const Tensor>(Shape{kernel * padded, columns}, std::move(rows));
}

std::shared_ptr<const Tensor> with_first_columns(const Tensor& weights, std::int64_t padded) {
  const std::int64_t kernel = weights.shape()[0];
  const std::int64_t channels = weights.shape()[1];
  Tensor::Ints columns;
  for (std::int64_t k = 0; k < kernel; ++k) {
    for (std::int64_t c = 0; c < padded; ++c)
      columns.push_back(weights.ints()[static_cast<std::size_t>(k * channels + (c < channels ? c : 0))]);
  }
  return std::make_shared<const Tensor>(Shape{kernel, padded}, std::move(columns));
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

Steps steps_of(const Graph& graph, NodeId thresholds, const Layout& layout) {
  const Node& node = graph.node(thresholds);
  const auto constant = [&](std::size_t i) { return graph.value(node.inputs[i]).constant; };
  const IntType& codes = graph.value(node.outputs[0]).type.ints;
  const std::int64_t period = table_period(graph, thresholds, layout);
  if (period == 1) return {constant(1), constant(2), constant(3), codes};
  std::vector<std::int64_t> rows = table_rows(graph, thresholds, layout);
  rows.resize(static_cast<std::size_t>(period));
  const auto spelled = [&](std::size_t i) { return constant(i)->shape()[0] == 1 ? constant(i) : with_rows(constant(i), rows); };
  return {spelled(1), spelled(2), spelled(3), codes};
}

IntType weight_type(const Tensor& weights) {
  const auto [lo, hi] = std::ranges::minmax(weights.ints());
  const bool bipolar = lo == -1 && hi == 1 && std::ranges::find(weights.ints(), 0) == weights.ints().end();
  return bipolar ? IntType::bipolar_type() : IntType{lo, hi, false};
}

}  // namespace finnr
