// SPDX-License-Identifier: Apache-2.0
// What hardware can do is told by the placement; here the moves at the two ends are left out.
#include "finnr/hardware/hardware_nodes.h"

#include <algorithm>

namespace finnr {
namespace {

/// What the top-k unit gives: the indices of the largest of all elements.
bool is_top_k_unit(const Graph& graph, const Node& node) {
  const auto* top = std::get_if<TopK>(&node.op);
  if (top == nullptr || !top->largest) return false;
  const Shape& shape = graph.value(node.inputs[0]).shape;
  return shape[static_cast<std::size_t>(top->axis)] == count(shape) && graph.value(node.outputs[0]).users.empty() &&
         !graph.is_output(node.outputs[0]);
}

/// Nodes that are worth hardware by themselves.
bool computes(const Graph& graph, NodeId id) {
  const Node& node = graph.node(id);
  return is_layer(graph, id) || std::holds_alternative<Thresholds>(node.op) || is_top_k_unit(graph, node);
}

}  // namespace

bool renames(const Node& node) { return std::holds_alternative<Reshape>(node.op) || std::holds_alternative<Transpose>(node.op); }

std::vector<bool> hardware_nodes(const Graph& graph, const Placement& placement) {
  const std::vector<NodeId> order = graph.order();
  std::vector<bool> behind(graph.value_count(), false);  // of a computing node
  std::vector<bool> in_front(graph.value_count(), false);
  std::vector<bool> candidate(graph.node_count(), false);
  const auto any = [](const std::vector<ValueId>& values, const std::vector<bool>& marked) {
    return std::ranges::any_of(values, [&](ValueId v) { return marked[v.index()]; });
  };
  for (const NodeId id : order) {
    const Node& node = graph.node(id);
    const bool possible = !std::holds_alternative<TopK>(node.op) || is_top_k_unit(graph, node);
    candidate[id.index()] = placement[id] == Site::kHardware && has_integer_form(graph, id) && possible;
    const bool after = candidate[id.index()] && (computes(graph, id) || any(node.inputs, behind));
    for (const ValueId output : node.outputs) behind[output.index()] = after;
  }
  std::vector<bool> chosen(graph.node_count(), false);
  for (auto id = order.rbegin(); id != order.rend(); ++id) {
    if (!candidate[id->index()]) continue;
    const Node& node = graph.node(*id);
    const bool computing = computes(graph, *id);
    const bool needed = any(node.outputs, in_front);
    chosen[id->index()] = computing || (needed && any(node.inputs, behind));
    for (const ValueId input : node.inputs) in_front[input.index()] = in_front[input.index()] || computing || needed;
  }
  return chosen;
}

}  // namespace finnr
