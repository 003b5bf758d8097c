// SPDX-License-Identifier: Apache-2.0
#include "finnr/flow/plan.h"

#include <map>
#include <set>

namespace finnr {
namespace {

struct Verdicts {
  std::map<std::string, std::string> unit_of;  ///< model node -> layer
  std::set<std::string> native;
  std::map<std::string, std::string> host_of;
  std::map<std::string, std::string> refused;
};

void note_layers(const Graph& graph, const HardwarePart& part, Verdicts& verdicts) {
  for (const Layer& layer : part.layers) {
    for (const std::string& name : layer.origin) verdicts.unit_of.emplace(name, layer.name);
    const NodeId own =
        std::visit(Overloaded{[](const MatrixLayer& m) { return m.matmul; }, [](const ThresholdLayer& t) { return t.thresholds; },
                              [](const TopKLayer& t) { return t.top_k; }},
                   layer.kind);
    const Origin& origin = graph.node(own).origin;
    const bool matrix = std::holds_alternative<MatrixLayer>(layer.kind);
    if (!origin.empty()) verdicts.native.insert(matrix ? origin.front() : origin.back());
  }
}

/// Nodes that neither became layers nor vanished run on the host: in front of the hardware or behind it.
void note_host(const Graph& graph, const HardwarePart& part, Verdicts& verdicts) {
  std::vector<bool> behind(graph.value_count(), false);
  if (!part.layers.empty()) behind[part.output.index()] = true;
  for (const NodeId id : graph.order()) {
    const Node& node = graph.node(id);
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
