// SPDX-License-Identifier: Apache-2.0
#include "finnr/passes/pass.h"
#include "finnr/passes/renames.h"

namespace finnr {

bool keeps_order(const Transpose& op, const Shape& shape) {
  int last = -1;
  for (const int axis : op.perm) {
    if (shape[static_cast<std::size_t>(axis)] == 1) continue;
    if (axis < last) return false;
    last = axis;
  }
  return true;
}

Changed simplify_renames(Graph& graph, PassContext&) {
  Changed changed = Changed::kNo;
  for (const NodeId id : graph.order()) {
    const Node& node = graph.node(id);
    ValueId input = node.inputs.empty() ? ValueId{} : node.inputs[0];
    if (const auto* transpose = std::get_if<Transpose>(&node.op)) {
      if (!keeps_order(*transpose, graph.value(input).shape)) continue;
    } else if (!std::holds_alternative<Reshape>(node.op)) {
      continue;
    }
    const ValueId output = node.outputs[0];
    const Shape shape = graph.value(output).shape;
    Origin origin;
    while (const auto* before = graph.producer_as<Reshape>(input)) {  // a reshape of a reshape is one reshape
      (void)before;
      const Node& previous = graph.node(graph.value(input).producer);
      merge(origin, previous.origin);
      input = previous.inputs[0];
    }
    const bool nothing = graph.value(input).shape == shape;
    if (!nothing && std::holds_alternative<Reshape>(node.op) && input == node.inputs[0]) continue;
    merge(origin, node.origin);
    const ValueId renamed = nothing ? input : graph.must_add(Reshape{shape}, {input}, origin);
    if (!nothing) graph.set_name(renamed, graph.value(output).name);
    graph.replace(output, renamed);
    graph.remove(id);
    changed = Changed::kYes;
  }
  return changed;
}

}  // namespace finnr
