// SPDX-License-Identifier: Apache-2.0
#include <algorithm>

#include "finnr/passes/pass.h"

namespace finnr {
namespace {

/// True when a matrix product is reached through operators that keep a quantized value on its grid: its scale is still
/// needed beside its codes.
bool feeds_product(const Graph& graph, ValueId id) {
  std::vector<ValueId> open = {id};
  while (!open.empty()) {
    const ValueId value = open.back();
    open.pop_back();
    for (const NodeId user : graph.value(value).users) {
      const Node& node = graph.node(user);
      if (std::holds_alternative<MatMul>(node.op)) return true;
      const bool keeps_grid = std::holds_alternative<Reshape>(node.op) || std::holds_alternative<Transpose>(node.op) ||
                              std::holds_alternative<Unary>(node.op) || std::holds_alternative<Binary>(node.op);
      const bool constant =
          std::ranges::all_of(node.inputs, [&](ValueId input) { return input == value || graph.value(input).constant != nullptr; });
      if (keeps_grid && constant) open.push_back(node.outputs[0]);
    }
  }
  return false;
}

/// Replaces nodes on constants by their results, where `wanted` agrees.
template <class Wanted>
Changed fold(Graph& graph, PassContext& context, Wanted wanted) {
  Changed changed = Changed::kNo;
  for (const NodeId id : graph.order()) {
    const Node& node = graph.node(id);
    const bool constant = std::ranges::all_of(node.inputs, [&](ValueId input) { return graph.value(input).constant != nullptr; });
    if (!constant || !wanted(node)) continue;
    std::vector<const Tensor*> inputs;
    std::vector<ElementType> types;
    for (const ValueId input : node.inputs) inputs.push_back(graph.value(input).constant.get());
    for (const ValueId output : node.outputs) types.push_back(graph.value(output).type);
    const std::vector<ValueId> outputs = node.outputs;
    std::vector<Tensor> results = context.evaluate(node.op, inputs, types);
    for (std::size_t i = 0; i < outputs.size(); ++i) {
      graph.replace(outputs[i], graph.add_constant(std::move(results[i]), graph.value(outputs[i]).name, types[i].ints));
    }
    graph.remove(id);
    changed = Changed::kYes;
  }
  return changed;
}

}  // namespace

// A dequantize of constants stays: it carries the scale of quantized weights and biases, which integer sums need.
Changed fold_constants(Graph& graph, PassContext& context) {
  return fold(graph, context, [](const Node& node) { return !std::holds_alternative<Dequantize>(node.op); });
}

// Behind the integer sums, what is still dequantized is a parameter like any other.
Changed fold_parameters(Graph& graph, PassContext& context) {
  return fold(graph, context, [&](const Node& node) { return !feeds_product(graph, node.outputs[0]); });
}

}  // namespace finnr
