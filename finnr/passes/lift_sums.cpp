// SPDX-License-Identifier: Apache-2.0
// sum of s (c - z) over n elements = s (sum c - n z).
// s (a - za) + s (b - zb) = s ((a + b) - (za + zb)); a constant b whose scale is s rounded to float32 moves into the zero point:
// s (a - za) + s b = s (a - (za - b)). Either way the sum is rounded once (docs/exactness.md, meaning 2).
#include <algorithm>

#include "finnr/graph/per_axis.h"
#include "finnr/passes/lift.h"

namespace finnr {
namespace {

std::optional<ValueId> add_node(Graph& graph, PassContext& context, NodeId place, Op op, std::span<const ValueId> inputs) {
  Result<NodeId> added = graph.add(std::move(op), inputs, graph.node(place).origin);
  if (added.ok()) return graph.node(*added).outputs[0];
  context.diagnostics.add(std::move(added).error().at(place_of(graph, place)));
  return std::nullopt;
}

/// `terms` elements a sum.
std::optional<Lifted> lift_elements(Graph& graph, PassContext& context, Grids& grids, NodeId id, std::int64_t terms) {
  const Node node = graph.node(id);
  const Grid* x = grids.find(node.inputs[0]);
  if (x == nullptr) return std::nullopt;
  const Shape from = graph.value(node.inputs[0]).shape;
  const Shape to = graph.value(node.outputs[0]).shape;
  std::optional<PerAxis<double>> scale = moved(x->scale, node.op, from, to);
  if (!scale) return std::nullopt;
  Op op = node.op;
  auto* pool = std::get_if<Pool>(&op);
  std::optional<PerAxis<std::int64_t>> zero = moved(x->zero, node.op, from, to);
  ValueId codes;
  if (zero && (pool == nullptr || zero->uniform())) {
    codes = grids.codes(node.inputs[0]);
  } else {
    codes = grids.centred_codes(node.inputs[0]);
    zero = {{0}, 0};
  }
  if (pool != nullptr) pool->fill = zero->values[0];
  for (std::int64_t& z : zero->values) z *= terms;
  const std::optional<ValueId> sum = add_node(graph, context, id, std::move(op), {&codes, 1});
  if (!sum) return std::nullopt;
  return Lifted{*sum, Dequantize{*std::move(scale), *std::move(zero)}, node.origin};
}

/// Equal for every element, where `a` may be rounded to float32 first.
bool same_scale(const PerAxis<double>& a, const PerAxis<double>& b, bool rounded) {
  if (!a.uniform() && !b.uniform() && a.axis != b.axis) return false;
  for (std::size_t i = 0; i < std::max(a.values.size(), b.values.size()); ++i) {
    if ((rounded ? static_cast<double>(static_cast<float>(a.at(i))) : a.at(i)) != b.at(i)) return false;
  }
  return true;
}

using Zero = PerAxis<std::int64_t>;

/// left * a + right * b, where that varies along one axis at most.
std::optional<Zero> combined(const Zero& a, std::int64_t left, const Zero& b, std::int64_t right) {
  if (!a.uniform() && !b.uniform() && a.axis != b.axis) return std::nullopt;
  Zero result{{}, a.uniform() ? b.axis : a.axis};
  for (std::size_t i = 0; i < std::max(a.values.size(), b.values.size()); ++i) result.values.push_back(left * a.at(i) + right * b.at(i));
  if (result.uniform()) result.axis = 0;
  return result;
}

/// A constant as parameters along one axis of a shape with `rank` axes, or nothing when it varies along several.
std::optional<Zero> along_axis(const Tensor& constant, std::size_t rank) {
  const Shape& shape = constant.shape();
  Zero result{constant.ints(), 0};
  if (constant.size() == 1) return result;
  for (std::size_t axis = 0; axis < shape.size(); ++axis) {
    if (shape[axis] == 1) continue;
    if (shape[axis] != constant.size()) return std::nullopt;
    result.axis = static_cast<int>(axis + rank - shape.size());
  }
  return result;
}

std::optional<Lifted> lift_pair(Graph& graph, PassContext& context, Grids& grids, NodeId id, bool subtract) {
  const Node node = graph.node(id);
  const Grid* a = grids.find(node.inputs[0]);
  const Grid* b = grids.find(node.inputs[1]);
  if (a == nullptr || b == nullptr || !a->sum || !b->sum || (a->constant && b->constant)) return std::nullopt;
  const Shape shape = graph.value(node.outputs[0]).shape;
  const auto rank_of = [&](std::size_t i) { return graph.value(node.inputs[i]).shape.size(); };
  PerAxis<double> scale = broadcast(a->scale, rank_of(0), shape.size());
  PerAxis<double> other = broadcast(b->scale, rank_of(1), shape.size());
  if (a->constant) std::swap(scale, other);
  if (!same_scale(scale, other, a->constant || b->constant)) return std::nullopt;

  const std::int64_t right = subtract ? -1 : 1;
  const Zero a_zero = broadcast(a->zero, rank_of(0), shape.size());
  const Zero b_zero = broadcast(b->zero, rank_of(1), shape.size());
  // b - x with a constant b stays a join: its codes are not those of x.
  const auto origin = [&](const Grid& x) {
    Origin both = x.origin;
    merge(both, node.origin);
    return both;
  };
  if (b->constant && graph.value(node.inputs[0]).shape == shape) {
    const Tensor bias = centred(*graph.value(grids.codes(node.inputs[1])).constant, b->zero);
    const std::optional<Zero> shift = along_axis(bias, shape.size());
    std::optional<Zero> zero = shift ? combined(a_zero, 1, *shift, -right) : std::nullopt;
    if (zero) return Lifted{grids.codes(node.inputs[0]), Dequantize{scale, *std::move(zero)}, origin(*a)};
  }
  if (a->constant && !subtract && graph.value(node.inputs[1]).shape == shape) {
    const Tensor bias = centred(*graph.value(grids.codes(node.inputs[0])).constant, a->zero);
    const std::optional<Zero> shift = along_axis(bias, shape.size());
    std::optional<Zero> zero = shift ? combined(b_zero, 1, *shift, -1) : std::nullopt;
    if (zero) return Lifted{grids.codes(node.inputs[1]), Dequantize{scale, *std::move(zero)}, origin(*b)};
  }
  std::optional<Zero> zero = combined(a_zero, 1, b_zero, right);
  const bool raw = zero.has_value();
  if (!raw) zero = Zero{{0}, 0};
  const auto operand = [&](std::size_t i) { return raw ? grids.codes(node.inputs[i]) : grids.centred_codes(node.inputs[i]); };
  const ValueId operands[] = {operand(0), operand(1)};
  const std::optional<ValueId> sum = add_node(graph, context, id, Join{JoinFunction::kAdd, 1, right}, operands);
  if (!sum) return std::nullopt;
  return Lifted{*sum, Dequantize{scale, *std::move(zero)}, node.origin};
}

}  // namespace

std::optional<Lifted> lift_sum(Graph& graph, PassContext& context, Grids& grids, NodeId id) {
  const Node& node = graph.node(id);
  if (const auto* pool = std::get_if<Pool>(&node.op)) {
    return pool->kind == PoolKind::kSum ? lift_elements(graph, context, grids, id, count(pool->kernel)) : std::nullopt;
  }
  if (const auto* sum = std::get_if<Sum>(&node.op)) {
    std::int64_t terms = 1;
    for (const int axis : sum->axes) terms *= graph.value(node.inputs[0]).shape[static_cast<std::size_t>(axis)];
    return lift_elements(graph, context, grids, id, terms);
  }
  const auto* binary = std::get_if<Binary>(&node.op);
  if (binary == nullptr || (binary->function != BinaryFunction::kAdd && binary->function != BinaryFunction::kSub)) return std::nullopt;
  return lift_pair(graph, context, grids, id, binary->function == BinaryFunction::kSub);
}

}  // namespace finnr
