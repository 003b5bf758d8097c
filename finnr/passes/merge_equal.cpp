// SPDX-License-Identifier: Apache-2.0
// Common subexpressions: nodes with the same operator on the same operands compute the same. Constants count as the same
// when their elements are equal.
#include <map>
#include <string>

#include "finnr/graph/packing.h"
#include "finnr/graph/text.h"
#include "finnr/passes/pass.h"

namespace finnr {

Changed merge_equal(Graph& graph, PassContext&) {
  Changed changed = Changed::kNo;
  std::map<std::string, ValueId> constants;
  const auto constant_key = [&](ValueId id) {
    const Value& value = graph.value(id);
    return (value.type.is_float ? "f" : to_text(value.type.ints)) + to_text(value.shape) + pack(*value.constant, value.type);
  };
  // Only operators that can occur twice on one value after thresholds are derived are worth comparing.
  std::map<std::string, NodeId> seen;
  for (const NodeId id : graph.order()) {
    const Node& node = graph.node(id);
    if (node.inputs.empty() || graph.value(node.inputs[0]).users.size() < 2) continue;
    std::string key = attributes_text(node.op);
    for (const ValueId input : node.inputs) {
      ValueId same = input;
      if (graph.value(input).constant) same = constants.emplace(constant_key(input), input).first->second;
      key += " " + std::to_string(same.value);
    }
    const auto [found, fresh] = seen.emplace(std::move(key), id);
    if (fresh) continue;
    const std::vector<ValueId> outputs = node.outputs;
    const std::vector<ValueId> kept = graph.node(found->second).outputs;
    graph.add_origin(found->second, node.origin);
    for (std::size_t i = 0; i < outputs.size(); ++i) graph.replace(outputs[i], kept[i]);
    graph.remove(id);
    changed = Changed::kYes;
  }
  return changed;
}

}  // namespace finnr
