// SPDX-License-Identifier: Apache-2.0
#include "finnr/passes/boundary.h"

#include <fmt/format.h>

#include <algorithm>

#include "finnr/passes/expression.h"

namespace finnr {
namespace {

Result<PerAxis<double>> scales(std::span<const float> values, const Shape& shape) {
  PerAxis<double> result{{values.begin(), values.end()}, 0};
  if (result.uniform()) return result;
  result.axis = shape.size() > 1 ? 1 : 0;
  if (shape.empty() || shape[static_cast<std::size_t>(result.axis)] != static_cast<std::int64_t>(values.size())) {
    return Diagnostic(Code::kBadOption,
                      fmt::format("{} values of --input-scale do not fit the input's shape {}", values.size(), to_text(shape)))
        .fix("give one value, or one for each channel (axis 1)");
  }
  return result;
}

constexpr std::int64_t kMaxChecked = std::int64_t{1} << 24;  ///< accumulator values that return_top_k looks at

/// True when all elements but those along one axis are one: a single vector of scores.
bool is_vector(const Shape& shape, int axis) { return count(shape) == shape[static_cast<std::size_t>(axis)]; }

/// Looks through a final arg-max or top-k of a single vector with our order of ties, which the hardware is to do itself.
ValueId before_labels(const Graph& graph, ValueId id) {
  ValueId value = id;
  while (graph.producer_as<Reshape>(value)) value = graph.node(graph.value(value).producer).inputs[0];
  const auto* arg_max = graph.producer_as<ArgMax>(value);
  const auto* top_k = graph.producer_as<TopK>(value);
  if (arg_max == nullptr && top_k == nullptr) return id;
  const ValueId scores = graph.node(graph.value(value).producer).inputs[0];
  const Shape& shape = graph.value(scores).shape;
  const bool same =
      arg_max != nullptr ? !arg_max->last_index && is_vector(shape, arg_max->axis) : top_k->largest && is_vector(shape, top_k->axis);
  return same ? scores : id;
}

}  // namespace

Status take_bytes(Graph& graph, std::span<const float> scale, std::span<const float> offset) {
  if (graph.inputs().size() != 1) return Diagnostic(Code::kBadOption, "--input-type needs a network with one input");
  const ValueId input = graph.inputs()[0];
  const Shape shape = graph.value(input).shape;
  if (!graph.value(input).type.is_float)
    return Diagnostic(Code::kBadOption, "--input-type is for networks that take float numbers; this one takes integers already");
  FINNR_ASSIGN(const PerAxis<double> factor, scales(scale, shape));
  FINNR_ASSIGN(const PerAxis<double> shift, scales(offset, shape));

  const ValueId bytes = graph.change_input(input, ElementType::integer({0, 255, false}));
  ValueId value = graph.must_add(Dequantize{factor, {{0}}}, {bytes}, {});
  Shape constant_shape(shift.uniform() ? 0 : shape.size(), 1);
  if (!shift.uniform()) constant_shape[static_cast<std::size_t>(shift.axis)] = static_cast<std::int64_t>(offset.size());
  if (!std::ranges::all_of(offset, [](float x) { return x == 0; })) {
    const ValueId constant = graph.add_constant(Tensor(constant_shape, Tensor::Floats(offset.begin(), offset.end())));
    value = graph.must_add(Binary{BinaryFunction::kAdd}, {value, constant}, {});
  }
  graph.replace(input, value);
  return ok_status();
}

Status return_top_k(Graph& graph, std::int64_t k) {
  const auto refuse = [&](std::string why) {
    return Diagnostic(Code::kTopKRefused, "--top-k would not always give the network's own answer")
        .because(std::move(why))
        .fix("build without --top-k; the host takes the arg-max of the exact outputs");
  };
  if (graph.outputs().size() != 1) return refuse("the network has several outputs");
  const ValueId output = before_labels(graph, graph.outputs()[0]);
  const Shape& scores = graph.value(output).shape;
  if (graph.producer_as<ArgMax>(output) || graph.producer_as<TopK>(output)) {
    return refuse("the network ends with labels of several vectors, or of another order");
  }
  if (std::ranges::count_if(scores, [](std::int64_t size) { return size != 1; }) > 1) {
    return refuse(fmt::format("an output of shape {} is more than one vector of scores", to_text(scores)));
  }
  ValueId source = output;
  Origin origin;
  if (graph.value(output).type.is_float) {
    Expression::Obstacle obstacle;
    const std::optional<Expression> g = Expression::find(graph, output, obstacle);
    if (!g)
      return refuse(obstacle.node.valid()
                        ? fmt::format("behind the last integer layer, {}: {}", describe(graph, obstacle.node), obstacle.why)
                        : obstacle.why);
    if (g->channels(graph.value(output).shape).elements.size() != 1)
      return refuse("the outputs of different classes are scaled or shifted differently");
    source = g->source();
    const IntType range = graph.value(source).type.ints;
    if (range.hi - range.lo > kMaxChecked)
      return refuse(fmt::format("the last accumulator takes {} values, too many to check", range.hi - range.lo));
    const Expression::Curve curve = g->curve(0);
    float before = curve.number(range.lo);
    for (std::int64_t x = range.lo + 1; x <= range.hi; ++x) {
      const float now = curve.number(x);
      if (!(now > before))
        return refuse(fmt::format("accumulators {} and {} give outputs {} and {}, which does not keep the order", x - 1, x, before, now));
      before = now;
    }
    origin = g->origin();
  }
  const std::int64_t classes = count(graph.value(source).shape);
  if (k < 1 || k > classes) return Diagnostic(Code::kBadOption, fmt::format("--top-k {} of {} classes", k, classes));
  const ValueId flat = graph.value(source).shape == Shape{classes} ? source : graph.must_add(Reshape{{classes}}, {source}, {});
  const ValueId operands[] = {flat};
  FINNR_ASSIGN(const NodeId top, graph.add(TopK{k, 0, true}, operands, origin));
  const ValueId labels = graph.node(top).outputs[1];
  graph.set_name(labels, "labels");
  graph.set_outputs({labels});
  graph.remove_unused();
  return ok_status();
}

}  // namespace finnr
