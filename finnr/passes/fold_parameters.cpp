// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <vector>

#include "finnr/graph/per_axis.h"
#include "finnr/passes/fold.h"

namespace finnr {
namespace {

/// True when a product is reached through operators that keep a quantized value on its grid: its scale is still needed beside
/// its codes.
bool feeds_product(const Graph& graph, ValueId id) {
  std::vector<ValueId> open = {id};
  while (!open.empty()) {
    const ValueId value = open.back();
    open.pop_back();
    for (const NodeId user : graph.value(value).users) {
      const Node& node = graph.node(user);
      if (std::holds_alternative<MatMul>(node.op) || std::holds_alternative<Conv>(node.op)) return true;
      const bool keeps_grid = moves_elements(node.op) || std::holds_alternative<Unary>(node.op) || std::holds_alternative<Binary>(node.op);
      const bool constant =
          std::ranges::all_of(node.inputs, [&](ValueId input) { return input == value || graph.value(input).constant != nullptr; });
      if (keeps_grid && constant) open.push_back(node.outputs[0]);
    }
  }
  return false;
}

}  // namespace

// Behind the integer sums, what is still dequantized is a parameter like any other.
Changed fold_parameters(Graph& graph, PassContext& context) {
  return fold_nodes(graph, context, [&](const Node& node) { return !feeds_product(graph, node.outputs[0]); });
}

}  // namespace finnr
