// SPDX-License-Identifier: Apache-2.0
#include "finnr/passes/obstacles.h"

#include <fmt/format.h>

#include <algorithm>

#include "finnr/passes/expression.h"
#include "finnr/passes/join_plan.h"
#include "finnr/passes/step_table.h"

namespace finnr {
namespace {

/// Follows values on a quantizer's grid back to it; the node where that fails, or none when it is quantized.
struct Source {
  bool quantized = false;
  NodeId node;  ///< what makes the unquantized value; invalid for inputs and constants
};

Source source_of(const Graph& graph, ValueId id) {
  for (;;) {
    const Value& value = graph.value(id);
    if (value.constant) return {is_integral(*value.constant, 1 << 15), {}};
    if (!value.producer.valid()) return {};
    const Node& node = graph.node(value.producer);
    if (std::holds_alternative<Dequantize>(node.op)) return {true, value.producer};
    const auto* unary = std::get_if<Unary>(&node.op);
    const auto* pool = std::get_if<Pool>(&node.op);
    const bool renames = std::holds_alternative<Reshape>(node.op) || std::holds_alternative<Transpose>(node.op) ||
                         std::holds_alternative<Take>(node.op) || std::holds_alternative<Pad>(node.op) ||
                         (pool != nullptr && pool->kind == PoolKind::kMax) || (unary != nullptr && unary->function == UnaryFunction::kRelu);
    if (!renames) return {false, value.producer};
    id = node.inputs[0];
  }
}

Diagnostic unquantized(const Graph& graph, NodeId id, std::size_t operand, const Source& source) {
  const Node& node = graph.node(id);
  const std::string name = node.origin.empty() ? "" : node.origin.front();
  const Value& value = graph.value(node.inputs[operand]);
  Place place = place_of(graph, id);
  place.port = fmt::format("input {}{}", operand, value.name.empty() ? "" : fmt::format(" (tensor '{}')", value.name));
  if (value.constant) {
    return Diagnostic(Code::kUnquantizedOperand, fmt::format("weights of '{}' are not quantized", name))
        .at(std::move(place))
        .because("they are float numbers without a quantizer in front")
        .fix("quantize them in training (Brevitas: QuantLinear or QuantConv2d with weight_bit_width 1 to 8) and export again");
  }
  const std::string maker = source.node.valid() ? describe(graph, source.node) : fmt::format("the network's input '{}'", value.name);
  return Diagnostic(Code::kUnquantizedOperand, fmt::format("the input of '{}' is not quantized", name))
      .at(std::move(place))
      .because(fmt::format("no quantizer stands between {} and this node", maker))
      .fix("insert a quantizer there in training (Brevitas: QuantIdentity or QuantReLU, bit_width 2 to 8)");
}

bool already_named(const Diagnostics& diagnostics, const Place& place) {
  return std::ranges::any_of(diagnostics.list(), [&](const Diagnostic& d) {
    return d.severity == Severity::kError && std::ranges::any_of(d.places, [&](const Place& p) { return p.node == place.node; });
  });
}

bool is_product(const Op& op) { return std::holds_alternative<MatMul>(op) || std::holds_alternative<Conv>(op); }

/// A float product where hardware would need an integer one.
void report_product(const Graph& graph, NodeId id, Diagnostics& diagnostics) {
  const Node& node = graph.node(id);
  bool named = false;
  for (std::size_t operand = 0; operand < 2; ++operand) {
    const Source source = source_of(graph, node.inputs[operand]);
    if (source.quantized) continue;
    diagnostics.add(unquantized(graph, id, operand, source));
    named = true;
  }
  if (named) return;
  const bool matrix = std::holds_alternative<MatMul>(node.op);
  diagnostics.add(Diagnostic(Code::kUnquantizedOperand, matrix ? "a matrix product cannot become an integer product"
                                                               : "a convolution cannot become an integer convolution")
                      .at(place_of(graph, id))
                      .because("its weights are no constants (then both depend on the input), or a zero point differs within one sum")
                      .fix("use a layer with constant weights, and one zero point for all channels of the input"));
}

Diagnostic on_host(const Graph& graph, NodeId id, Site site) {
  const bool front = site == Site::kFront;
  return Diagnostic(Code::kHostLayer,
                    fmt::format("{} runs on the host, {} the hardware", describe(graph, id), front ? "in front of" : "behind"))
      .at(place_of(graph, id))
      .because("its operands are not all quantized, so it has no integer form")
      .fix("quantize its input and its weights in training to have it in hardware")
      .as_warning();
}

/// What makes integers of float numbers between two hardware layers, and why it is not integer throughout.
Diagnostic blocked(const Graph& graph, NodeId id) {
  const Op& op = graph.node(id).op;
  if (std::holds_alternative<Quantize>(op) || std::holds_alternative<CountThresholds>(op)) {
    Expression::Obstacle obstacle;
    if (!Expression::find(graph, graph.node(id).outputs[0], obstacle) && obstacle.sources) {
      if (Result<JoinPlan> plan = plan_join(graph, id); !plan.ok()) return std::move(plan).error();
    }
    if (Result<StepTable> table = step_table(graph, id); !table.ok()) return std::move(table).error();
  }
  return Diagnostic(Code::kNotThresholds, fmt::format("{} stands between two hardware layers", describe(graph, id)))
      .at(place_of(graph, id))
      .because(fmt::format("{} is for the host, and layers behind it depend on its result", op_name(op)))
      .fix("move it behind the last quantized layer, or end the hardware in front of it (--host-from)");
}

bool makes_integers(const Graph& graph, const Node& node) {
  return std::ranges::any_of(node.outputs, [&](ValueId output) { return !graph.value(output).type.is_float; });
}

}  // namespace

void report_obstacles(const Graph& graph, Diagnostics& diagnostics, const std::vector<std::string>& host_from) {
  const std::vector<NodeId> order = graph.order();
  const Placement placement = place(graph, host_from);
  const bool any_layer = std::ranges::any_of(order, [&](NodeId id) { return placement[id] == Site::kHardware && is_layer(graph, id); });
  const bool asked = !host_from.empty();
  for (const NodeId id : order) {
    const Node& node = graph.node(id);
    if (!is_product(node.op) || !graph.value(node.outputs[0]).type.is_float || already_named(diagnostics, place_of(graph, id))) continue;
    if (placement[id] == Site::kObstacle || (!any_layer && !asked)) {
      report_product(graph, id, diagnostics);
    } else if (placement[id] == Site::kFront || !asked) {
      diagnostics.add(on_host(graph, id, placement[id]));
    }
  }
  for (const NodeId id : order) {
    if (placement[id] != Site::kObstacle || !makes_integers(graph, graph.node(id))) continue;
    Diagnostic diagnostic = blocked(graph, id);
    if (diagnostic.places.empty() || !already_named(diagnostics, diagnostic.places[0])) diagnostics.add(std::move(diagnostic));
  }
}

}  // namespace finnr
