// SPDX-License-Identifier: Apache-2.0
// Rules on one or two operators that move elements, in one sweep: producers are simple already when an operator is looked at.
#include <algorithm>
#include <optional>

#include "finnr/graph/per_axis.h"
#include "finnr/passes/pass.h"

namespace finnr {
namespace {

bool counts_up(const std::vector<std::int64_t>& indices, std::int64_t size) {
  if (std::ssize(indices) != size) return false;
  for (std::size_t i = 0; i < indices.size(); ++i) {
    if (indices[i] != static_cast<std::int64_t>(i)) return false;
  }
  return true;
}

bool all(const Shape& list, std::int64_t number) {
  return std::ranges::all_of(list, [&](std::int64_t x) { return x == number; });
}

bool does_nothing(const Op& op, const Shape& shape) {
  if (const auto* take = std::get_if<Take>(&op)) return counts_up(take->indices, shape[static_cast<std::size_t>(take->axis)]);
  if (const auto* transpose = std::get_if<Transpose>(&op)) return std::ranges::is_sorted(transpose->perm);
  if (const auto* pad = std::get_if<Pad>(&op)) return all(pad->begin, 0) && all(pad->end, 0);
  // The sum of one element is a linear operator's result: what is added to it may be added exactly.
  if (const auto* pool = std::get_if<Pool>(&op); pool != nullptr && pool->kind == PoolKind::kMax)
    return all(pool->kernel, 1) && all(pool->stride, 1) && all(pool->begin, 0) && all(pool->end, 0);
  return false;
}

/// `second` behind `first` as one operator, where there is one.
std::optional<Op> merged(const Op& first, const Op& second) {
  const auto* take = std::get_if<Take>(&first);
  const auto* next_take = std::get_if<Take>(&second);
  if (take != nullptr && next_take != nullptr && take->axis == next_take->axis) {
    Take both{take->axis, {}};
    for (const std::int64_t index : next_take->indices) both.indices.push_back(take->indices[static_cast<std::size_t>(index)]);
    return both;
  }
  const auto* transpose = std::get_if<Transpose>(&first);
  const auto* next_transpose = std::get_if<Transpose>(&second);
  if (transpose != nullptr && next_transpose != nullptr) {
    Transpose both{{}};
    for (const int axis : next_transpose->perm) both.perm.push_back(transpose->perm[static_cast<std::size_t>(axis)]);
    return both;
  }
  return std::nullopt;
}

/// A convolution pads by itself what is padded in front of it with its own zero.
std::optional<Op> padded(const Op& first, const Op& second, bool is_float) {
  const auto* pad = std::get_if<Pad>(&first);
  const auto* conv = std::get_if<Conv>(&second);
  if (pad == nullptr || conv == nullptr || (is_float ? pad->value != 0 : pad->code != conv->fill)) return std::nullopt;
  if (pad->begin[0] + pad->end[0] + pad->begin[1] + pad->end[1] != 0) return std::nullopt;
  Conv both = *conv;
  for (std::size_t a = 0; a < both.begin.size(); ++a) {
    if (both.begin[a] < 0 || both.end[a] < 0 || both.spacing[a] != 1) return std::nullopt;
    both.begin[a] += pad->begin[a + 2];
    both.end[a] += pad->end[a + 2];
  }
  return both;
}

}  // namespace

Changed simplify_moves(Graph& graph, PassContext&) {
  Changed changed = Changed::kNo;
  for (const NodeId id : graph.order()) {
    const Node node = graph.node(id);
    if (!moves_elements(node.op) && !std::holds_alternative<Conv>(node.op)) continue;
    const ValueId output = node.outputs[0];
    std::vector<ValueId> inputs = node.inputs;
    Origin origin;
    Op op = node.op;
    const NodeId before = graph.value(inputs[0]).producer;
    bool better = false;
    if (before.valid()) {
      const Node& first = graph.node(before);
      std::optional<Op> one = merged(first.op, op);
      if (!one) one = padded(first.op, op, graph.value(output).type.is_float);
      if (one) {
        op = *std::move(one);
        inputs[0] = first.inputs[0];
        origin = first.origin;
        better = true;
      }
    }
    merge(origin, node.origin);
    const bool nothing = does_nothing(op, graph.value(inputs[0]).shape) && graph.value(inputs[0]).type == graph.value(output).type;
    if (!better && !nothing) continue;
    ValueId result = inputs[0];
    if (!nothing) {
      const Result<NodeId> added = graph.add(op, inputs, origin);
      if (!added.ok()) continue;
      result = graph.node(*added).outputs[0];
      if (!(graph.value(result).type == graph.value(output).type)) continue;
      graph.set_name(result, graph.value(output).name);
    }
    graph.replace(output, result);
    graph.remove(id);
    changed = Changed::kYes;
  }
  return changed;
}

}  // namespace finnr
