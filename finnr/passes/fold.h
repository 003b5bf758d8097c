// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <algorithm>
#include <utility>
#include <vector>

#include "finnr/passes/pass.h"

namespace finnr {

/// Replaces nodes on constants by their results, where `wanted` agrees.
template <class Wanted>
Changed fold_nodes(Graph& graph, PassContext& context, Wanted wanted) {
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

}  // namespace finnr
