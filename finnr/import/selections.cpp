// SPDX-License-Identifier: Apache-2.0
#include <fmt/format.h>

#include "finnr/import/importers.h"

namespace finnr {

// Before opset 13 the softmax runs over all axes from the given one; since then over that axis alone.
Status import_softmax(NodeImport& node, bool logarithm) {
  const bool flattens = node.opset() < 13;
  FINNR_ASSIGN(const ValueId x, node.value(0));
  const std::size_t rank = node.graph().value(x).shape.size();
  FINNR_ASSIGN(const int axis, node.axis("axis", flattens ? (rank > 1 ? 1 : 0) : -1, rank));
  FINNR_ASSIGN(const ValueId y, node.add(Softmax{axis, flattens ? static_cast<int>(rank) : axis + 1, logarithm}, {x}));
  return node.give(node.made(y, StoredType::kFloat32));
}

Status import_arg_max(NodeImport& node) {
  FINNR_ASSIGN(const std::int64_t keep, node.integer("keepdims", 1));
  FINNR_ASSIGN(const std::int64_t last, node.integer("select_last_index", 0));
  FINNR_ASSIGN(const ValueId x, node.value(0));
  FINNR_ASSIGN(const int axis, node.axis("axis", 0, node.graph().value(x).shape.size()));
  FINNR_ASSIGN(const ValueId y, node.add(ArgMax{axis, keep != 0, last != 0}, {x}));
  return node.give(node.made(y, StoredType::kInt64));
}

Status import_top_k(NodeImport& node) {
  std::int64_t k = 0;
  if (node.attribute("k") != nullptr || !node.has_input(1)) {
    FINNR_ASSIGN(k, node.integer("k", -1));
  } else {
    FINNR_ASSIGN(const std::vector<std::int64_t> given, node.integers_parameter(1, "the number of elements"));
    k = given.size() == 1 ? given[0] : -1;
  }
  FINNR_ASSIGN(const std::int64_t largest, node.integer("largest", 1));
  FINNR_ASSIGN(const Operand x, node.operand(0));
  FINNR_ASSIGN(const ValueId value, node.value(0));
  const Shape shape = node.graph().value(value).shape;
  FINNR_ASSIGN(const int axis, node.axis("axis", -1, shape.size()));
  const std::int64_t size = shape[static_cast<std::size_t>(axis)];
  if (k < 1 || k > size)
    return NodeImport::error(Code::kBadAttribute, fmt::format("TopK of {} elements out of {}", k, size))
        .because("k is at least 1 and at most the size of the axis");
  const ValueId inputs[] = {value};
  FINNR_ASSIGN(const NodeId id, node.add_node(TopK{k, axis, largest != 0}, inputs));
  const std::vector<ValueId> outputs = node.graph().node(id).outputs;
  FINNR_RETURN_IF_ERROR(node.give(0, node.made(outputs[0], x.stored)));
  return node.node().outputs.size() > 1 ? node.give(1, node.made(outputs[1], StoredType::kInt64)) : ok_status();
}

}  // namespace finnr
