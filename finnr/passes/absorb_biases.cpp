// SPDX-License-Identifier: Apache-2.0
// s (acc - z) + s b = s (acc - (z - b)): a bias whose scale is the accumulator's, rounded to float32, moves into the zero
// point and the sum is rounded once (docs/exactness.md, meaning 2).
#include <optional>

#include "finnr/passes/pass.h"

namespace finnr {
namespace {

/// The sum as one dequantize, or nothing when the bias does not fit it.
std::optional<Dequantize> absorbed(const Graph& graph, ValueId x, ValueId bias) {
  const auto* sum = graph.producer_as<Dequantize>(x);
  const auto* constant = graph.producer_as<Dequantize>(bias);
  if (sum == nullptr || constant == nullptr) return std::nullopt;
  if (graph.value(graph.node(graph.value(x).producer).inputs[0]).constant) return std::nullopt;
  const Value& codes = graph.value(graph.node(graph.value(bias).producer).inputs[0]);
  const Shape& shape = graph.value(x).shape;
  if (!codes.constant || shape.empty() || codes.shape.size() > shape.size()) return std::nullopt;
  const int last = static_cast<int>(shape.size()) - 1;
  const int bias_last = static_cast<int>(codes.shape.size()) - 1;
  const auto on = [](const auto& parameter, int axis) { return parameter.uniform() || parameter.axis == axis; };
  if (!on(sum->scale, last) || !on(sum->zero, last) || !on(constant->scale, bias_last) || !on(constant->zero, bias_last))
    return std::nullopt;
  const std::int64_t size = codes.constant->size();
  if (size != 1 && (size != shape.back() || codes.shape.back() != size)) return std::nullopt;

  Dequantize result{sum->scale, {{}, last}};
  for (std::size_t c = 0; c < static_cast<std::size_t>(shape.back()); ++c) {
    if (static_cast<double>(static_cast<float>(sum->scale.at(c))) != constant->scale.at(c)) return std::nullopt;
    const std::int64_t b = codes.constant->ints()[size == 1 ? 0 : c] - constant->zero.at(c);
    result.zero.values.push_back(sum->zero.at(c) - b);
  }
  return result;
}

}  // namespace

Changed absorb_biases(Graph& graph, PassContext&) {
  Changed changed = Changed::kNo;
  for (const NodeId id : graph.order()) {
    const Node& node = graph.node(id);
    const auto* binary = std::get_if<Binary>(&node.op);
    if (binary == nullptr || binary->function != BinaryFunction::kAdd) continue;
    for (const std::size_t bias : {std::size_t{1}, std::size_t{0}}) {
      const ValueId x = node.inputs[1 - bias];
      std::optional<Dequantize> sum = absorbed(graph, x, node.inputs[bias]);
      if (!sum) continue;
      const ValueId output = node.outputs[0];
      const Node& producer = graph.node(graph.value(x).producer);
      Origin origin = producer.origin;
      merge(origin, node.origin);
      const ValueId value = graph.must_add(*std::move(sum), {producer.inputs[0]}, origin);
      graph.set_name(value, graph.value(output).name);
      graph.replace(output, value);
      graph.remove(id);
      changed = Changed::kYes;
      break;
    }
  }
  return changed;
}

}  // namespace finnr
