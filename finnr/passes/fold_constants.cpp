// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <vector>

#include "finnr/passes/pass.h"

namespace finnr {
namespace {

/// True when a matrix product reads the value, perhaps through operators that keep it on its grid.
bool feeds_matmul(const Graph& graph, ValueId id) {
  std::vector<ValueId> open = {id};
  while (!open.empty()) {
    const ValueId value = open.back();
    open.pop_back();
    for (const NodeId user : graph.value(value).users) {
      const Node& node = graph.node(user);
      if (std::holds_alternative<MatMul>(node.op)) return true;
      const bool constant = std::ranges::all_of(node.inputs, [&](ValueId input) { return input == value || graph.value(input).constant; });
      const bool passes = std::holds_alternative<Reshape>(node.op) || std::holds_alternative<Transpose>(node.op) ||
                          std::holds_alternative<Unary>(node.op) || std::holds_alternative<Binary>(node.op);
      if (constant && passes) open.push_back(node.outputs[0]);
    }
  }
  return false;
}

}  // namespace

// A dequantize of constants in front of a matrix product stays: it carries the scale of quantized weights, which the integer
// products need. Any other, such as that of a quantized bias, is a constant like all others.
Changed fold_constants(Graph& graph, PassContext& context) {
  Changed changed = Changed::kNo;
  for (const NodeId id : graph.order()) {
    const Node& node = graph.node(id);
    const bool constant = std::ranges::all_of(node.inputs, [&](ValueId input) { return graph.value(input).constant != nullptr; });
    if (!constant || (std::holds_alternative<Dequantize>(node.op) && feeds_matmul(graph, node.outputs[0]))) continue;
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

}  // namespace finnr
