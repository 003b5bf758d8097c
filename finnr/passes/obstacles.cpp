// SPDX-License-Identifier: Apache-2.0
#include "finnr/passes/obstacles.h"

#include <fmt/format.h>

#include <algorithm>

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
    const bool renames = std::holds_alternative<Reshape>(node.op) || std::holds_alternative<Transpose>(node.op) ||
                         (unary != nullptr && unary->function == UnaryFunction::kRelu);
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
        .fix("quantize them in training (Brevitas: QuantLinear with weight_bit_width 1 to 8) and export again");
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

void report_products(const Graph& graph, Diagnostics& diagnostics) {
  for (const NodeId id : graph.order()) {
    const Node& node = graph.node(id);
    if (!std::holds_alternative<MatMul>(node.op) || !graph.value(node.outputs[0]).type.is_float ||
        already_named(diagnostics, place_of(graph, id)))
      continue;
    bool named = false;
    for (std::size_t operand = 0; operand < 2; ++operand) {
      const Source source = source_of(graph, node.inputs[operand]);
      if (source.quantized) continue;
      diagnostics.add(unquantized(graph, id, operand, source));
      named = true;
    }
    if (named) continue;
    diagnostics.add(Diagnostic(Code::kUnquantizedOperand, "a matrix product cannot become an integer product")
                        .at(place_of(graph, id))
                        .because("its weights are not a constant matrix with one scale per tensor or output")
                        .fix("use a linear layer with constant weights"));
  }
}

bool is_integer_layer(const Graph& graph, const Node& node) {
  if (std::holds_alternative<Thresholds>(node.op)) return true;
  return std::holds_alternative<MatMul>(node.op) && !graph.value(node.outputs[0]).type.is_float;
}

void report_quantizers(const Graph& graph, Diagnostics& diagnostics) {
  const std::vector<NodeId> order = graph.order();
  std::vector<bool> behind(graph.value_count(), false);   // depends on an integer layer
  std::vector<bool> feeding(graph.value_count(), false);  // an integer layer depends on it
  for (const NodeId id : order) {
    const Node& node = graph.node(id);
    const bool on = is_integer_layer(graph, node) || std::ranges::any_of(node.inputs, [&](ValueId input) { return behind[input.index()]; });
    for (const ValueId output : node.outputs) behind[output.index()] = on;
  }
  for (auto id = order.rbegin(); id != order.rend(); ++id) {
    const Node& node = graph.node(*id);
    const bool on =
        is_integer_layer(graph, node) || std::ranges::any_of(node.outputs, [&](ValueId output) { return feeding[output.index()]; });
    for (const ValueId input : node.inputs) feeding[input.index()] = feeding[input.index()] || on;
  }
  for (const NodeId id : order) {
    const Node& node = graph.node(id);
    const bool quantizes = std::holds_alternative<Quantize>(node.op) || std::holds_alternative<CountThresholds>(node.op);
    if (!quantizes || !behind[node.inputs[0].index()] || !feeding[node.outputs[0].index()]) continue;
    if (Result<StepTable> table = step_table(graph, id); !table.ok()) diagnostics.add(std::move(table).error());
  }
}

}  // namespace

void report_obstacles(const Graph& graph, Diagnostics& diagnostics) {
  report_products(graph, diagnostics);
  report_quantizers(graph, diagnostics);
}

}  // namespace finnr
