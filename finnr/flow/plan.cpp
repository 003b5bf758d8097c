// SPDX-License-Identifier: Apache-2.0
#include "finnr/flow/plan.h"

#include <map>
#include <optional>
#include <set>

namespace finnr {
namespace {

struct Verdicts {
  std::map<std::string, std::string> unit_of;  ///< model node -> layer
  std::set<std::string> native;
  std::map<std::string, std::string> host_of;
  std::map<std::string, std::string> refused;
};

/// The node that gives a layer its name in the plan; a matrix may have fused thresholds behind it.
std::optional<NodeId> own_node(const Layer& layer) {
  return std::visit(
      Overloaded{[](const MatrixLayer& m) { return std::optional(m.node); }, [](const DepthwiseLayer& d) { return std::optional(d.node); },
                 [](const PoolLayer& p) { return std::optional(p.node); },
                 [](const ThresholdLayer& t) { return std::optional(t.thresholds); },
                 [](const ShiftLayer& t) { return std::optional(t.node); }, [](const TopKLayer& t) { return std::optional(t.top_k); },
                 [](const JoinLayer& j) { return std::optional(j.node); }, [](const auto&) { return std::optional<NodeId>(); }},
      layer.kind);
}

void note_layers(const Graph& graph, const HardwarePart& part, Verdicts& verdicts) {
  for (const Layer& layer : part.layers) {
    for (const std::string& name : layer.origin) verdicts.unit_of.emplace(name, layer.name);
    const std::optional<NodeId> own = own_node(layer);
    const Origin& origin = own ? graph.node(*own).origin : layer.origin;
    const bool last = std::holds_alternative<ThresholdLayer>(layer.kind) || std::holds_alternative<TopKLayer>(layer.kind);
    if (!origin.empty()) verdicts.native.insert(last ? origin.back() : origin.front());
  }
}

/// Nodes that neither became layers nor vanished run on the host: in front of the hardware or behind it.
void note_host(const Graph& graph, const HardwarePart& part, Verdicts& verdicts) {
  std::vector<bool> behind(graph.value_count(), false);
  if (!part.layers.empty()) {
    for (const std::size_t link : part.outputs) behind[part.links[link].value.index()] = true;
  }
  for (const NodeId id : graph.order()) {
    const Node& node = graph.node(id);
    if ((std::holds_alternative<Reshape>(node.op) || std::holds_alternative<Transpose>(node.op)) &&
        !graph.value(node.outputs[0]).type.is_float) {
      for (const std::string& name : node.origin) verdicts.unit_of.emplace(name, "name of axes");
    }
    bool after = false;
    for (const ValueId input : node.inputs) after = after || behind[input.index()];
    for (const ValueId output : node.outputs) behind[output.index()] = behind[output.index()] || after;
    for (const std::string& name : node.origin)
      verdicts.host_of.emplace(name, after ? "host, behind the hardware" : "host, in front of the hardware");
  }
}

}  // namespace

std::string_view to_text(Fate fate) {
  static constexpr std::string_view kWords[] = {"native", "fused", "host", "refused", "undecided"};
  return kWords[static_cast<std::size_t>(fate)];
}

std::optional<std::vector<NodePlan>> plan(const std::string& model, const Boundary& boundary, Diagnostics& diagnostics) {
  std::optional<Network> network = read_network(model, diagnostics);
  const std::vector<ModelNode> nodes = network ? network->model.nodes : list_nodes(model);
  if (nodes.empty()) {
    name_file(diagnostics, model);
    return std::nullopt;
  }
  Verdicts verdicts;
  std::optional<HardwarePart> part;
  if (network) {
    if (streamline(*network, boundary, diagnostics)) part = plan_hardware(*network, diagnostics);
    if (part) note_layers(network->graph, *part, verdicts);
    if (part) note_host(network->graph, *part, verdicts);
  }
  for (const Diagnostic& diagnostic : diagnostics.list()) {
    if (diagnostic.severity != Severity::kError) continue;
    for (const Place& place : diagnostic.places)
      verdicts.refused.emplace(place.node, std::string(to_text(diagnostic.code)) + " " + diagnostic.message);
  }

  std::vector<NodePlan> plans;
  for (const ModelNode& node : nodes) {
    NodePlan entry{node.name, node.type, Fate::kFused, node.folded ? "constant or name" : "", ""};
    if (const auto refused = verdicts.refused.find(node.name); refused != verdicts.refused.end()) {
      entry.fate = Fate::kRefused;
      entry.reason = refused->second;
    } else if (const auto unit = verdicts.unit_of.find(node.name); unit != verdicts.unit_of.end()) {
      entry.fate = verdicts.native.contains(node.name) ? Fate::kNative : Fate::kFused;
      entry.where = unit->second;
    } else if (const auto host = verdicts.host_of.find(node.name); host != verdicts.host_of.end()) {
      entry.fate = Fate::kHost;
      entry.where = host->second;
    } else if (!part && !node.folded) {
      entry.fate = Fate::kUndecided;
    }
    plans.push_back(std::move(entry));
  }
  name_file(diagnostics, model);
  return plans;
}

}  // namespace finnr
