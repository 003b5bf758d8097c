// SPDX-License-Identifier: Apache-2.0
// A product of quantized values is an integer product times one scale (docs/exactness.md, meaning 2). For each float
// product both operands are followed back, through operators that keep values on their grid, to integer codes; those
// operators are repeated on the codes. With a = sa (ca - za) and w = sw cw' (cw' = cw - zw, constant):
//   sum a w = sa sw (sum ca cw' - za sum cw')
// so the product works on the raw codes and the zero point becomes a constant per output column.
#include <algorithm>
#include <cmath>
#include <numeric>
#include <optional>

#include "finnr/passes/pass.h"
#include "finnr/tensor/arrange.h"

namespace finnr {
namespace {

/// A float value known to be scale * (codes - zero).
struct Grid {
  ValueId codes;
  PerAxis<double> scale;
  PerAxis<std::int64_t> zero;
  Origin origin;  ///< of the nodes passed on the way
};

constexpr std::int64_t kIntegralLimit = std::int64_t{1} << 15;  ///< float constants up to this magnitude may be codes

std::optional<float> uniform_constant(const Graph& graph, ValueId id) {
  const Value& value = graph.value(id);
  if (!value.constant || !value.type.is_float || value.constant->size() != 1) return std::nullopt;
  return value.constant->floats()[0];
}

bool clamp_at_zero(Graph& graph, Grid& grid);

/// Follows `id` back to codes; nothing when it is not on a grid. New nodes are added only on success of the part.
class GridFinder {
 public:
  explicit GridFinder(Graph& graph) : graph_(graph) {}

  std::optional<Grid> find(ValueId id) {
    std::vector<NodeId> path;  // operators between the value and its codes, nearest first
    while (graph_.value(id).producer.valid() && !graph_.producer_as<Dequantize>(id)) {
      const NodeId node = graph_.value(id).producer;
      if (!passes(graph_.node(node))) return std::nullopt;
      path.push_back(node);
      id = graph_.node(node).inputs[0];
    }
    std::optional<Grid> grid = start(id);
    for (auto node = path.rbegin(); grid && node != path.rend(); ++node) {
      if (!apply(graph_.node(*node), *grid)) return std::nullopt;
    }
    return grid;
  }

 private:
  /// Operators that keep a value on a grid; the dynamic operand comes first.
  [[nodiscard]] bool passes(const Node& node) const {
    if (const auto* unary = std::get_if<Unary>(&node.op)) return unary->function == UnaryFunction::kRelu;
    if (const auto* binary = std::get_if<Binary>(&node.op)) {
      const bool scales = binary->function == BinaryFunction::kMul || binary->function == BinaryFunction::kDiv;
      const std::optional<float> factor = uniform_constant(graph_, node.inputs[1]);
      return scales && factor && std::isfinite(*factor) && *factor != 0 &&
             graph_.value(node.inputs[0]).shape == graph_.value(node.outputs[0]).shape;
    }
    return std::holds_alternative<Reshape>(node.op) || std::holds_alternative<Transpose>(node.op);
  }

  std::optional<Grid> start(ValueId id) {
    const Value& value = graph_.value(id);
    if (const auto* dequantize = graph_.producer_as<Dequantize>(id)) {
      const Node& node = graph_.node(value.producer);
      return Grid{node.inputs[0], dequantize->scale, dequantize->zero, node.origin};
    }
    if (value.constant && value.type.is_float && is_integral(*value.constant, kIntegralLimit)) {
      const ValueId codes = graph_.add_constant(Tensor(value.shape, as_ints(*value.constant)), value.name);
      return Grid{codes, {{1.0}}, {{0}}, {}};
    }
    return std::nullopt;
  }

  bool apply(const Node& node, Grid& grid) {
    const bool uniform = grid.scale.uniform() && grid.zero.uniform();
    if (const auto* unary = std::get_if<Unary>(&node.op)) {
      (void)unary;
      if (!clamp_at_zero(graph_, grid)) return false;
    } else if (const auto* binary = std::get_if<Binary>(&node.op)) {
      const float factor = *uniform_constant(graph_, node.inputs[1]);
      for (double& scale : grid.scale.values) {
        const auto value = static_cast<float>(scale);
        if (static_cast<double>(value) != scale) return false;  // already a product of two
        scale = finnr::apply(binary->function, value, factor);
        if (!std::isfinite(scale) || scale == 0) return false;
      }
    } else if (const auto* reshape = std::get_if<Reshape>(&node.op)) {
      if (!uniform && !move_axis(grid, graph_.value(grid.codes).shape, reshape->shape)) return false;
      grid.codes = repeat(*reshape, grid.codes, node.origin);
    } else if (const auto* transpose = std::get_if<Transpose>(&node.op)) {
      const auto moved = [&](int axis) { return static_cast<int>(std::ranges::find(transpose->perm, axis) - transpose->perm.begin()); };
      if (!grid.scale.uniform()) grid.scale.axis = moved(grid.scale.axis);
      if (!grid.zero.uniform()) grid.zero.axis = moved(grid.zero.axis);
      grid.codes = repeat(*transpose, grid.codes, node.origin);
    }
    merge(grid.origin, node.origin);
    return true;
  }

  /// The operator on codes: computed at once when they are constant.
  template <class Move>
  ValueId repeat(const Move& op, ValueId codes, const Origin& origin) {
    const Value& value = graph_.value(codes);
    if (!value.constant) return graph_.must_add(op, {codes}, origin);
    Tensor moved = [&] {
      if constexpr (std::is_same_v<Move, Transpose>) {
        return transpose(*value.constant, op.perm);
      } else {
        return value.constant->reshaped(op.shape);
      }
    }();
    return graph_.add_constant(std::move(moved), value.name, value.type.ints);
  }

  /// An axis survives a reshape when the elements in front of it and its own size stay the same.
  static bool move_axis(Grid& grid, const Shape& from, const Shape& to) {
    const auto moved = [&](int axis) -> int {
      const std::int64_t before = std::accumulate(from.begin(), from.begin() + axis, std::int64_t{1}, std::multiplies<>());
      std::int64_t seen = 1;
      for (std::size_t i = 0; i < to.size(); seen *= to[i++]) {
        if (seen == before && to[i] == from[static_cast<std::size_t>(axis)]) return static_cast<int>(i);
      }
      return -1;
    };
    if (!grid.scale.uniform()) grid.scale.axis = moved(grid.scale.axis);
    if (!grid.zero.uniform()) grid.zero.axis = moved(grid.zero.axis);
    return grid.scale.axis >= 0 && grid.zero.axis >= 0;
  }

  Graph& graph_;
};

/// Relu on a grid: codes below the zero point become the zero point.
bool clamp_at_zero(Graph& graph, Grid& grid) {
  if (!grid.zero.uniform() || std::ranges::any_of(grid.scale.values, [](double s) { return s <= 0; })) return false;
  const std::int64_t zero = grid.zero.values[0];
  const IntType codes = graph.value(grid.codes).type.ints;
  if (codes.lo >= zero) return true;
  if (codes.bipolar || codes.hi <= zero || codes.hi - zero > 1024) return false;
  const auto steps = static_cast<std::size_t>(codes.hi - zero);
  Tensor::Ints thresholds(steps);
  std::iota(thresholds.begin(), thresholds.end(), zero + 1);
  const auto width = static_cast<std::int64_t>(steps);
  const ValueId table = graph.add_constant(Tensor(Shape{1, width}, std::move(thresholds)));
  const ValueId base = graph.add_constant(Tensor(Shape{1}, Tensor::Ints{zero}));
  const ValueId signs = graph.add_constant(Tensor(Shape{1, width}, Tensor::Ints(steps, 1)));
  const int last = static_cast<int>(graph.value(grid.codes).shape.size()) - 1;
  grid.codes = graph.must_add(Thresholds{last, {zero, codes.hi, false}}, {grid.codes, table, base, signs}, grid.origin);
  return true;
}

/// Weight codes minus their zero points, as a constant [K,N]; nothing when they are not a constant matrix.
std::optional<Tensor> weight_matrix(const Graph& graph, const Grid& grid) {
  const Value& codes = graph.value(grid.codes);
  if (!codes.constant || codes.shape.size() != 2) return std::nullopt;
  Tensor weights = *codes.constant;
  const auto columns = static_cast<std::size_t>(codes.shape[1]);
  Tensor::Ints& w = weights.ints();
  for (std::size_t i = 0; i < w.size(); ++i) w[i] -= grid.zero.at(grid.zero.axis == 0 ? i / columns : i % columns);
  return weights;
}

Diagnostic varying(const Graph& graph, NodeId node, std::string what) {
  return Diagnostic(Code::kScaleAlongInputs, what + " varies inside one output's sum")
      .at(place_of(graph, node))
      .because("it differs along the axis that is summed")
      .fix("quantize with one scale and zero point per tensor, weights also per output channel");
}

}  // namespace

Changed lift_matmuls(Graph& graph, PassContext& context) {
  Changed changed = Changed::kNo;
  GridFinder finder(graph);
  for (const NodeId id : graph.order()) {
    if (!std::holds_alternative<MatMul>(graph.node(id).op)) continue;
    const ValueId output = graph.node(id).outputs[0];
    if (!graph.value(output).type.is_float) continue;
    const std::optional<Grid> x = finder.find(graph.node(id).inputs[0]);
    const std::optional<Grid> w = finder.find(graph.node(id).inputs[1]);
    if (!x || !w) continue;
    const int summed = static_cast<int>(graph.value(x->codes).shape.size()) - 1;
    if ((!x->scale.uniform() && x->scale.axis == summed) || !x->zero.uniform()) {
      context.diagnostics.add(varying(graph, id, x->zero.uniform() ? "the input's scale" : "the input's zero point"));
      continue;
    }
    if (!w->scale.uniform() && w->scale.axis == 0) {
      context.diagnostics.add(varying(graph, id, "the weights' scale"));
      continue;
    }
    std::optional<Tensor> weights = weight_matrix(graph, *w);
    if (!weights || !x->scale.uniform()) continue;

    const auto columns = static_cast<std::size_t>(weights->shape()[1]);
    PerAxis<std::int64_t> zero{{0}};
    if (x->zero.values[0] != 0) {
      zero.values.assign(columns, 0);
      const Tensor::Ints& w_codes = weights->ints();
      for (std::size_t i = 0; i < w_codes.size(); ++i) zero.values[i % columns] += x->zero.values[0] * w_codes[i];
      if (columns == 1) zero.axis = 0;
    }
    PerAxis<double> scale{{}};
    for (const double s : w->scale.values) scale.values.push_back(s * x->scale.values[0]);
    const int channel = static_cast<int>(graph.value(output).shape.size()) - 1;
    scale.axis = scale.uniform() ? 0 : channel;
    if (!zero.uniform()) zero.axis = channel;

    const bool bipolar = graph.value(w->codes).type.ints.bipolar && w->zero == PerAxis<std::int64_t>{{0}};
    const ValueId constant = graph.add_constant(*std::move(weights), graph.value(w->codes).name,
                                                bipolar ? std::optional(IntType::bipolar_type()) : std::nullopt);
    Origin origin = graph.node(id).origin;
    merge(origin, w->origin);
    const ValueId operands[] = {x->codes, constant};
    Result<NodeId> product = graph.add(MatMul{}, operands, origin);
    if (!product.ok()) {
      context.diagnostics.add(std::move(product).error().at(place_of(graph, id)));
      continue;
    }
    const ValueId value = graph.must_add(Dequantize{scale, zero}, {graph.node(*product).outputs[0]}, origin);
    graph.set_name(value, graph.value(output).name);
    graph.replace(output, value);
    graph.remove(id);
    changed = Changed::kYes;
  }
  return changed;
}

}  // namespace finnr
