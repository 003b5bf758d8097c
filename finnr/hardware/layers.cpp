// SPDX-License-Identifier: Apache-2.0
// The hardware part is found from its nodes: integer products, thresholds and integer top-k. Walking from each back through
// reshapes gives its predecessor; what is not such a node belongs to the host and marks the entry.
#include "finnr/hardware/layers.h"

#include <fmt/format.h>

#include <algorithm>
#include <unordered_map>

namespace finnr {
namespace {

/// What the top-k unit gives: the indices of the largest of all elements.
bool is_top_k_unit(const Graph& graph, const Node& node) {
  const auto* top = std::get_if<TopK>(&node.op);
  if (top == nullptr || !top->largest) return false;
  const Shape& shape = graph.value(node.inputs[0]).shape;
  return shape[static_cast<std::size_t>(top->axis)] == count(shape) && graph.value(node.outputs[0]).users.empty() &&
         !graph.is_output(node.outputs[0]);
}

bool is_hardware(const Graph& graph, NodeId id) {
  const Node& node = graph.node(id);
  if (std::holds_alternative<Thresholds>(node.op)) return true;
  const bool integers = !node.inputs.empty() && !graph.value(node.inputs[0]).type.is_float;
  return integers && (std::holds_alternative<MatMul>(node.op) || is_top_k_unit(graph, node));
}

/// Through reshapes to what they rename.
ValueId before_reshapes(const Graph& graph, ValueId id) {
  while (graph.producer_as<Reshape>(id)) id = graph.node(graph.value(id).producer).inputs[0];
  return id;
}

/// The result of a node that continues the chain (a top-k passes its indices on).
ValueId result_of(const Graph& graph, NodeId id) { return graph.node(id).outputs.back(); }

struct Readers {
  std::vector<NodeId> hardware;
  bool host = false;
};

/// Who reads a value, through reshapes.
Readers readers(const Graph& graph, ValueId id) {
  Readers result;
  std::vector<ValueId> open = {id};
  while (!open.empty()) {
    const ValueId value = open.back();
    open.pop_back();
    if (graph.is_output(value)) result.host = true;
    for (const NodeId user : graph.value(value).users) {
      if (is_hardware(graph, user)) {
        result.hardware.push_back(user);
      } else if (std::holds_alternative<Reshape>(graph.node(user).op)) {
        open.push_back(graph.node(user).outputs[0]);
      } else {
        result.host = true;
      }
    }
  }
  return result;
}

Diagnostic branch(const Graph& graph, NodeId node, std::string why) {
  return Diagnostic(Code::kBranches, "the hardware part of the network branches")
      .at(place_of(graph, node))
      .because(std::move(why))
      .fix("run it with --engine reference or integer; hardware takes a chain of layers");
}

/// The nearest node that the host would run between a hardware node and this value, none when the value depends on no
/// hardware.
std::optional<NodeId> host_after_hardware(const Graph& graph, ValueId value) {
  const NodeId first = graph.value(value).producer;
  std::vector<NodeId> open;
  std::vector<bool> met(graph.node_count(), false);
  if (first.valid()) open.push_back(first);
  while (!open.empty()) {
    const NodeId id = open.back();
    open.pop_back();
    if (met[id.index()]) continue;
    met[id.index()] = true;
    if (is_hardware(graph, id)) return first;
    for (const ValueId input : graph.node(id).inputs) {
      if (graph.value(input).producer.valid()) open.push_back(graph.value(input).producer);
    }
  }
  return std::nullopt;
}

/// Where a hardware node reads something that no hardware node makes, there is one such value, in front of all.
void check_entry(const Graph& graph, NodeId node, ValueId input, ValueId& entry, Diagnostics& diagnostics) {
  if (const std::optional<NodeId> host = host_after_hardware(graph, input)) {
    if (std::holds_alternative<Transpose>(graph.node(*host).op)) return;  // check_link() tells more
    diagnostics.add(
        branch(graph, node, fmt::format("{} in front of it is for the host, and depends on hardware itself", describe(graph, *host))));
    return;
  }
  if (entry.valid() && entry != input) diagnostics.add(branch(graph, node, "the hardware part has more than one input"));
  entry = input;
}

/// What separates two hardware nodes, when it is not only reshapes.
void check_link(const Graph& graph, NodeId node, ValueId input, Diagnostics& diagnostics) {
  const NodeId producer = graph.value(input).producer;
  if (!producer.valid() || is_hardware(graph, producer)) return;
  if (!std::holds_alternative<Transpose>(graph.node(producer).op)) return;
  const ValueId behind = before_reshapes(graph, graph.node(producer).inputs[0]);
  if (!graph.value(behind).producer.valid() || !is_hardware(graph, graph.value(behind).producer)) return;
  diagnostics.add(Diagnostic(Code::kMovesData, fmt::format("a transpose in front of {} moves data", describe(graph, node)))
                      .at(place_of(graph, producer))
                      .because("it changes the order of the elements between two hardware layers")
                      .fix("remove it in the model, or permute the weights behind it before the export"));
}

Layer matrix_layer(const Graph& graph, NodeId id) {
  const Node& node = graph.node(id);
  const Value& weights = graph.value(node.inputs[1]);
  MatrixLayer layer{id, std::nullopt, weights.shape[0], weights.shape[1], count(graph.value(node.inputs[0]).shape) / weights.shape[0]};
  return {"", layer, node.inputs[0], node.outputs[0], node.origin};
}

/// Elements of one period of a threshold table in stream order: the rows when the channel axis is innermost, else all.
std::int64_t table_period(const Graph& graph, NodeId id) {
  const Node& node = graph.node(id);
  const Shape& shape = graph.value(node.inputs[0]).shape;
  if (graph.value(node.inputs[1]).shape[0] == 1) return 1;
  const std::int64_t inner = strides(shape)[static_cast<std::size_t>(std::get<Thresholds>(node.op).axis)];
  return inner == 1 ? shape[static_cast<std::size_t>(std::get<Thresholds>(node.op).axis)] : count(shape);
}

Layer threshold_layer(const Graph& graph, NodeId id, const std::optional<Layer>& before, std::int64_t next_inputs) {
  const Node& node = graph.node(id);
  const std::int64_t elements = count(graph.value(node.inputs[0]).shape);
  std::int64_t channels = table_period(graph, id);
  if (channels == 1) {  // one table for all: take the neighbour's vectors, so that lanes agree
    channels = next_inputs;
    if (channels == 0 && before && std::holds_alternative<MatrixLayer>(before->kind))
      channels = std::get<MatrixLayer>(before->kind).outputs;
    if (channels == 0) channels = elements;
  }
  return {"", ThresholdLayer{id, channels, elements / channels}, node.inputs[0], node.outputs[0], node.origin};
}

void name_layers(std::vector<Layer>& layers) {
  int matrices = 0;
  int thresholds = 0;
  for (Layer& layer : layers) {
    layer.name = std::visit(Overloaded{[&](const MatrixLayer&) { return fmt::format("fc{}", matrices++); },
                                       [&](const ThresholdLayer&) { return fmt::format("thr{}", thresholds++); },
                                       [](const TopKLayer&) { return std::string("top_k"); }},
                            layer.kind);
  }
}

HardwarePart pass_through(const Graph& graph) {
  for (const NodeId id : graph.order()) {
    if (std::holds_alternative<Quantize>(graph.node(id).op)) return {{}, graph.node(id).outputs[0], graph.node(id).outputs[0]};
  }
  return {{}, graph.inputs()[0], graph.inputs()[0]};
}

}  // namespace

std::optional<HardwarePart> find_hardware(const Graph& graph, Diagnostics& diagnostics) {
  const std::size_t problems = diagnostics.list().size();
  std::vector<NodeId> nodes;
  for (const NodeId id : graph.order()) {
    if (is_hardware(graph, id)) nodes.push_back(id);
  }
  if (nodes.empty()) return pass_through(graph);

  std::vector<NodeId> chain;
  ValueId entry;
  for (const NodeId id : nodes) {
    const Node& node = graph.node(id);
    if (std::holds_alternative<MatMul>(node.op) &&
        (!graph.value(node.inputs[1]).constant || graph.value(node.inputs[1]).shape.size() != 2)) {
      diagnostics.add(branch(graph, id, "a matrix product of two tensors that both depend on the input"));
      continue;
    }
    const ValueId input = before_reshapes(graph, node.inputs[0]);
    check_link(graph, id, input, diagnostics);
    const NodeId producer = graph.value(input).producer;
    if (!producer.valid() || !is_hardware(graph, producer)) {
      check_entry(graph, id, input, entry, diagnostics);
    }
    const Readers next = readers(graph, result_of(graph, id));
    if (next.hardware.size() + (next.host ? 1U : 0U) > 1) {
      diagnostics.add(branch(graph, id, fmt::format("its result has {} readers", next.hardware.size() + (next.host ? 1U : 0U))));
    }
  }
  if (entry.valid()) {
    const Readers first = readers(graph, entry);
    if (first.hardware.size() > 1)
      diagnostics.add(branch(graph, first.hardware[1], fmt::format("the first integers have {} readers", first.hardware.size())));
  }
  if (diagnostics.list().size() != problems) return std::nullopt;
  chain = std::move(nodes);  // one entry and single readers: topological order is the chain

  HardwarePart part;
  for (std::size_t i = 0; i < chain.size(); ++i) {
    const NodeId id = chain[i];
    const Op& op = graph.node(id).op;
    if (std::holds_alternative<MatMul>(op)) {
      part.layers.push_back(matrix_layer(graph, id));
    } else if (const auto* top = std::get_if<TopK>(&op)) {
      const ValueId input = graph.node(id).inputs[0];
      part.layers.push_back(
          {"", TopKLayer{id, count(graph.value(input).shape), top->k}, input, result_of(graph, id), graph.node(id).origin});
    } else {
      auto* before = part.layers.empty() ? nullptr : std::get_if<MatrixLayer>(&part.layers.back().kind);
      const std::int64_t period = table_period(graph, id);
      const bool fits = before != nullptr && !before->thresholds && (period == 1 || period == before->outputs);
      if (fits && graph.value(graph.node(id).inputs[1]).shape[1] <= kMaxFusedSteps) {
        before->thresholds = id;
        part.layers.back().output = graph.node(id).outputs[0];
        merge(part.layers.back().origin, graph.node(id).origin);
        continue;
      }
      std::int64_t next_inputs = 0;
      if (i + 1 < chain.size() && std::holds_alternative<MatMul>(graph.node(chain[i + 1]).op))
        next_inputs = graph.value(graph.node(chain[i + 1]).inputs[1]).shape[0];
      part.layers.push_back(
          threshold_layer(graph, id, part.layers.empty() ? std::nullopt : std::optional(part.layers.back()), next_inputs));
    }
  }
  name_layers(part.layers);
  part.input = entry;
  part.output = part.layers.back().output;
  return part;
}

}  // namespace finnr
