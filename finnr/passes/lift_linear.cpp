// SPDX-License-Identifier: Apache-2.0
// One sweep, producers first: what a lifted operator leaves is a dequantized integer, from which the next one starts.
#include "finnr/passes/lift.h"
#include "finnr/passes/pass.h"

namespace finnr {

Changed lift_linear(Graph& graph, PassContext& context) {
  Changed changed = Changed::kNo;
  Grids grids(graph, context);
  for (const NodeId id : graph.order()) {
    const ValueId output = graph.node(id).outputs[0];
    if (!graph.value(output).type.is_float) continue;
    std::optional<Lifted> lifted = lift_product(graph, context, grids, id);
    if (!lifted) lifted = lift_sum(graph, context, grids, id);
    if (!lifted) continue;
    const ValueId value = graph.must_add(std::move(lifted->meaning), {lifted->codes}, lifted->origin);
    graph.set_name(value, graph.value(output).name);
    graph.replace(output, value);
    graph.remove(id);
    changed = Changed::kYes;
  }
  return changed;
}

}  // namespace finnr
