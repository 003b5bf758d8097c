// SPDX-License-Identifier: Apache-2.0
// Grids are found from the codes forward and remembered; nothing is added to the graph before codes are asked for. Both walks
// keep their own stack, so long chains do no harm.
#include "finnr/passes/grid.h"

#include <algorithm>
#include <cmath>
#include <tuple>

#include "finnr/graph/per_axis.h"

namespace finnr {
namespace {

constexpr std::int64_t kIntegralLimit = std::int64_t{1} << 15;  ///< float constants up to this magnitude may be codes
constexpr std::int64_t kMostClamped = 1024;                     ///< steps of a relu on codes

std::optional<float> uniform_constant(const Graph& graph, ValueId id) {
  const Value& value = graph.value(id);
  if (!value.constant || !value.type.is_float || value.constant->size() != 1) return std::nullopt;
  return value.constant->floats()[0];
}

/// The operand that a multiplication or division by one constant scales.
std::optional<std::size_t> scaled_operand(const Graph& graph, const Node& node) {
  const auto* binary = std::get_if<Binary>(&node.op);
  if (binary == nullptr || (binary->function != BinaryFunction::kMul && binary->function != BinaryFunction::kDiv)) return std::nullopt;
  for (const std::size_t x : {std::size_t{0}, std::size_t{1}}) {
    if (x == 1 && binary->function == BinaryFunction::kDiv) break;
    const std::optional<float> factor = uniform_constant(graph, node.inputs[1 - x]);
    if (factor && std::isfinite(*factor) && *factor != 0 && graph.value(node.inputs[x]).shape == graph.value(node.outputs[0]).shape)
      return x;
  }
  return std::nullopt;
}

bool is_relu(const Node& node) {
  const auto* unary = std::get_if<Unary>(&node.op);
  return unary != nullptr && unary->function == UnaryFunction::kRelu;
}

std::optional<Grid> rectified(Grid grid, const Shape& shape) {
  if (std::ranges::any_of(grid.scale.values, [](double scale) { return scale <= 0; })) return std::nullopt;
  const auto [least, most] = std::ranges::minmax(grid.zero.values);
  grid.sum = false;
  if (grid.range.lo >= most) return grid;
  if (grid.range.hi <= most || grid.range.hi - least > kMostClamped) return std::nullopt;
  if (shape.empty()) return std::nullopt;  // thresholds stand along an axis
  grid.range = {std::min(grid.range.hi, std::max(grid.range.lo, least)), grid.range.hi, false};
  return grid;
}

}  // namespace

std::optional<Op> on_codes(const Op& op, const Grid& operand) {
  const auto* pad = std::get_if<Pad>(&op);
  if (pad == nullptr) return op;
  const auto nothing = [](const Shape& list) { return std::ranges::all_of(list, [](std::int64_t size) { return size == 0; }); };
  const bool padded = !nothing(pad->begin) || !nothing(pad->end);
  if (padded && !operand.zero.uniform()) return std::nullopt;
  Pad result{pad->begin, pad->end, 0, operand.zero.values[0]};
  if (pad->value == 0 || !padded) return result;
  if (!operand.scale.uniform()) return std::nullopt;
  const double steps = std::nearbyint(static_cast<double>(pad->value) / operand.scale.values[0]);
  if (!(std::fabs(steps) < 0x1p31) || dequantize(static_cast<std::int64_t>(steps), operand.scale.values[0], 0) != pad->value)
    return std::nullopt;
  result.code += static_cast<std::int64_t>(steps);
  return result;
}

std::optional<Grid> moved_grid(const Op& op, std::span<const Grid* const> parts, std::span<const Shape> shapes, const Shape& result) {
  Grid grid = *parts[0];
  std::optional<PerAxis<double>> scale;
  std::optional<PerAxis<std::int64_t>> zero;
  if (const auto* concat = std::get_if<Concat>(&op)) {
    std::vector<PerAxis<double>> scales;
    std::vector<PerAxis<std::int64_t>> zeros;
    for (const Grid* part : parts) {
      scales.push_back(part->scale);
      zeros.push_back(part->zero);
      grid.range = unite(grid.range, part->range);
      grid.constant = grid.constant && part->constant;
      grid.sum = grid.sum && part->sum;
      merge(grid.origin, part->origin);
    }
    scale = joined<double>(scales, shapes, concat->axis);
    zero = joined<std::int64_t>(zeros, shapes, concat->axis);
  } else {
    if (const auto* pool = std::get_if<Pool>(&op)) {
      const bool negative = std::ranges::any_of(grid.scale.values, [](double s) { return s <= 0; });
      if (negative || !every_window_reads(*pool, shapes[0])) return std::nullopt;
    }
    scale = moved(grid.scale, op, shapes[0], result);
    zero = moved(grid.zero, op, shapes[0], result);
    if (std::holds_alternative<Pad>(op)) {
      const std::optional<Op> padded = on_codes(op, grid);
      if (!padded) return std::nullopt;
      const std::int64_t code = std::get<Pad>(*padded).code;
      const bool pads = result != shapes[0];
      if (pads && !grid.range.contains(code)) grid.range = {std::min(grid.range.lo, code), std::max(grid.range.hi, code), false};
    }
  }
  if (!scale || !zero) return std::nullopt;
  grid.scale = *std::move(scale);
  grid.zero = *std::move(zero);
  return grid;
}

Tensor centred(const Tensor& codes, const PerAxis<std::int64_t>& zero) {
  Tensor result = codes;
  Tensor::Ints& elements = result.ints();
  std::size_t inner = 1;
  if (!zero.uniform()) {
    for (std::size_t axis = static_cast<std::size_t>(zero.axis) + 1; axis < codes.shape().size(); ++axis)
      inner *= static_cast<std::size_t>(codes.shape()[axis]);
  }
  for (std::size_t i = 0; i < elements.size(); ++i) elements[i] -= zero.values[i / inner % zero.values.size()];
  return result;
}

std::vector<ValueId> Grids::operands(ValueId id) const {
  const NodeId producer = graph_.value(id).producer;
  if (!producer.valid()) return {};
  const Node& node = graph_.node(producer);
  if (moves_elements(node.op)) return node.inputs;
  if (is_relu(node)) return {node.inputs[0]};
  if (const std::optional<std::size_t> x = scaled_operand(graph_, node)) return {node.inputs[*x]};
  return {};
}

const Grid* Grids::find(ValueId id) {
  std::vector<ValueId> open = {id};
  while (!open.empty()) {
    const ValueId value = open.back();
    const std::size_t before = open.size();
    if (!known_.contains(value)) {
      for (const ValueId operand : operands(value)) {
        if (!known_.contains(operand)) open.push_back(operand);
      }
      if (open.size() > before) continue;
      known_.emplace(value, derive(value));
    }
    open.pop_back();
  }
  const std::optional<Grid>& found = known_.at(id);
  return found ? &*found : nullptr;
}

std::optional<Grid> Grids::derive(ValueId id) {
  const Value& value = graph_.value(id);
  if (!value.type.is_float) return std::nullopt;
  if (value.constant) {
    if (!is_integral(*value.constant, kIntegralLimit)) return std::nullopt;
    Grid grid{{{1.0}, 0}, {{0}, 0}, {}, true, false, {}};
    const Tensor::Ints codes = as_ints(*value.constant);
    if (!codes.empty()) grid.range = {std::ranges::min(codes), std::ranges::max(codes), false};
    return grid;
  }
  if (!value.producer.valid()) return std::nullopt;
  const Node& node = graph_.node(value.producer);
  if (const auto* dequantize = std::get_if<Dequantize>(&node.op)) {
    const auto unusable = [](double scale) { return !std::isfinite(scale) || scale == 0; };
    if (std::ranges::any_of(dequantize->scale.values, unusable)) return std::nullopt;
    const Value& codes = graph_.value(node.inputs[0]);
    return Grid{dequantize->scale, dequantize->zero, codes.type.ints, codes.constant != nullptr, true, node.origin};
  }
  std::vector<const Grid*> parts;
  std::vector<Shape> shapes;
  for (const ValueId operand : operands(id)) {
    const std::optional<Grid>& part = known_.at(operand);
    if (!part) return std::nullopt;
    parts.push_back(&*part);
    shapes.push_back(graph_.value(operand).shape);
  }
  if (parts.empty()) return std::nullopt;
  std::optional<Grid> grid;
  if (moves_elements(node.op)) {
    grid = moved_grid(node.op, parts, shapes, value.shape);
  } else if (is_relu(node)) {
    grid = rectified(*parts[0], value.shape);
  } else {
    grid = *parts[0];
    grid->sum = false;
    const bool divide = std::get<Binary>(node.op).function == BinaryFunction::kDiv;
    const auto factor = static_cast<double>(*uniform_constant(graph_, node.inputs[1 - *scaled_operand(graph_, node)]));
    for (double& scale : grid->scale.values) {
      scale = static_cast<double>(static_cast<float>(divide ? scale / factor : scale * factor));
      if (!std::isfinite(scale) || scale == 0) return std::nullopt;
    }
  }
  if (grid) merge(grid->origin, node.origin);
  return grid;
}

ValueId Grids::codes(ValueId id) {
  std::vector<ValueId> open = {id};
  while (!open.empty()) {
    const ValueId value = open.back();
    const std::size_t before = open.size();
    if (!codes_.contains(value)) {
      for (const ValueId operand : operands(value)) {
        if (!codes_.contains(operand)) open.push_back(operand);
      }
      if (open.size() > before) continue;
      codes_.emplace(value, build(value));
    }
    open.pop_back();
  }
  return codes_.at(id);
}

ValueId Grids::build(ValueId id) {
  const Value& value = graph_.value(id);
  if (value.constant) return graph_.add_constant(Tensor(value.shape, as_ints(*value.constant)), value.name);
  const Node node = graph_.node(value.producer);
  if (std::holds_alternative<Dequantize>(node.op)) return node.inputs[0];
  const ValueId first = operands(id)[0];
  const ValueId codes = codes_.at(first);
  const Grid& grid = *known_.at(first);
  Op op;
  std::vector<ValueId> inputs;
  if (is_relu(node)) {
    if (graph_.value(codes).type.ints.lo >= std::ranges::max(grid.zero.values)) return codes;
    std::tie(op, inputs) = clamp(codes, grid.zero);
  } else if (moves_elements(node.op)) {
    op = *on_codes(node.op, grid);
    for (const ValueId operand : node.inputs) inputs.push_back(codes_.at(operand));
  } else {
    return codes;
  }

  std::vector<const Tensor*> constants;
  for (const ValueId input : inputs) constants.push_back(graph_.value(input).constant.get());
  if (std::ranges::all_of(constants, [](const Tensor* constant) { return constant != nullptr; })) {
    const bool same_codes = inputs.size() == 1 && !std::holds_alternative<Pad>(op);
    const std::optional<IntType> type = same_codes ? std::optional(graph_.value(codes).type.ints) : std::nullopt;
    Tensor result = std::move(context_.evaluate(op, constants, {})[0]);
    return graph_.add_constant(std::move(result), std::string(graph_.value(codes).name), type);
  }
  const Result<NodeId> added = graph_.add(op, inputs, node.origin);
  FINNR_CHECK(added.ok(), "what moves or clamps numbers moves or clamps their codes");
  return graph_.node(*added).outputs[0];
}

/// Relu on codes: those below the zero point become the zero point.
std::pair<Thresholds, std::vector<ValueId>> Grids::clamp(ValueId codes, const PerAxis<std::int64_t>& zero) {
  const IntType range = graph_.value(codes).type.ints;
  const std::int64_t low = std::min(range.hi, std::max(range.lo, std::ranges::min(zero.values)));
  const std::int64_t steps = range.hi - low;
  const auto rows = std::ssize(zero.values);
  Tensor::Ints thresholds;
  Tensor::Ints base;
  for (const std::int64_t z : zero.values) {
    base.push_back(std::max(z, low));
    for (std::int64_t k = 1; k <= steps; ++k) thresholds.push_back(std::min(base.back() + k, range.hi + 1));
  }
  const ValueId table = graph_.add_constant(Tensor(Shape{rows, steps}, std::move(thresholds)));
  const ValueId bases = graph_.add_constant(Tensor(Shape{rows}, std::move(base)));
  const ValueId signs = graph_.add_constant(Tensor(Shape{rows, steps}, Tensor::Ints(static_cast<std::size_t>(rows * steps), 1)));
  const int last = static_cast<int>(graph_.value(codes).shape.size()) - 1;
  return {Thresholds{zero.uniform() ? last : zero.axis, {low, range.hi, false}}, {codes, table, bases, signs}};
}

ValueId Grids::centred_codes(ValueId id) {
  const ValueId raw = codes(id);
  const PerAxis<std::int64_t>& zero = find(id)->zero;
  if (std::ranges::all_of(zero.values, [](std::int64_t z) { return z == 0; })) return raw;
  const Value& value = graph_.value(raw);
  if (value.constant) return graph_.add_constant(centred(*value.constant, zero), value.name);
  Shape shape(value.shape.size(), 1);
  if (!zero.uniform()) shape[static_cast<std::size_t>(zero.axis)] = std::ssize(zero.values);
  const ValueId constant = graph_.add_constant(Tensor(std::move(shape), zero.values));
  return graph_.must_add(Join{JoinFunction::kAdd, 1, -1}, {raw, constant}, find(id)->origin);
}

}  // namespace finnr
