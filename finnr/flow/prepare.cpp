// SPDX-License-Identifier: Apache-2.0
#include "finnr/flow/prepare.h"

#include <fmt/format.h>

#include <algorithm>
#include <chrono>

#include "finnr/emulate/reference.h"
#include "finnr/graph/placement.h"
#include "finnr/graph/text.h"
#include "finnr/passes/boundary.h"
#include "finnr/passes/obstacles.h"
#include "finnr/passes/pass.h"

namespace finnr {
namespace {

class Stopwatch {
 public:
  [[nodiscard]] double seconds() const { return std::chrono::duration<double>(std::chrono::steady_clock::now() - start_).count(); }

 private:
  std::chrono::steady_clock::time_point start_ = std::chrono::steady_clock::now();
};

std::string summarize(const Graph& graph) {
  int products = 0;
  int activations = 0;
  std::int64_t thresholds = 0;
  for (const NodeId id : graph.order()) {
    const Node& node = graph.node(id);
    if (std::holds_alternative<MatMul>(node.op) || std::holds_alternative<Conv>(node.op)) ++products;
    if (!std::holds_alternative<Thresholds>(node.op)) continue;
    ++activations;
    thresholds += graph.value(node.inputs[1]).constant->size();
  }
  return fmt::format("{} matrix layers, {} threshold layers with {} exact integer thresholds", products, activations, thresholds);
}

bool failed(Status status, Diagnostics& diagnostics) {
  if (status.ok()) return false;
  diagnostics.add(std::move(status).error());
  return true;
}

/// Every node of --host-from is a node of the model that computes something.
bool names_are_good(const Network& network, const std::vector<std::string>& names, Diagnostics& diagnostics) {
  for (const std::string& name : names) {
    const auto known = std::ranges::find(network.model.nodes, name, &ModelNode::name);
    if (known != network.model.nodes.end() && !known->folded) continue;
    diagnostics.add(
        Diagnostic(Code::kBadOption, fmt::format("--host-from {}: {}", name,
                                                 known == network.model.nodes.end() ? "the model has no such node"
                                                                                    : "this node is a constant or only renames a tensor"))
            .fix("name a node that `finnr check` lists"));
  }
  return !diagnostics.has_errors();
}

}  // namespace

std::optional<Network> read_network(const std::string& path, Diagnostics& diagnostics) {
  const Stopwatch watch;
  std::optional<Model> model = import_model(path, diagnostics);
  if (!model) return std::nullopt;
  Network network{*std::move(model), {}, {}, {}, {}};
  network.graph = std::move(network.model.graph);
  network.steps.push_back({"import", watch.seconds(), fmt::format("{} nodes", network.model.nodes.size())});
  return network;
}

bool streamline(Network& network, const Boundary& boundary, Diagnostics& diagnostics, const std::string& last) {
  const Stopwatch watch;
  network.host_from = boundary.host_from;
  if (!names_are_good(network, boundary.host_from, diagnostics)) return false;
  if (boundary.bytes && failed(take_bytes(network.graph, boundary.bytes->scale, boundary.bytes->offset), diagnostics)) return false;
  PassContext context{diagnostics, evaluate};
  for (const PassRecord& pass : run_passes(network.graph, streamline_passes(), context, last)) {
    network.passes.push_back({std::string(pass.name), pass.seconds, pass.changed ? "changed the graph" : "nothing to do"});
  }
  if (diagnostics.has_errors()) return false;
  if (boundary.top_k && last.empty() && failed(return_top_k(network.graph, *boundary.top_k), diagnostics)) return false;
  Result<Graph> settled = parse(print(network.graph));
  FINNR_CHECK(settled.ok(), settled.ok() ? "" : settled.error().cause.c_str());
  network.graph = *std::move(settled);
  network.steps.push_back({"streamline", watch.seconds(), summarize(network.graph)});
  return true;
}

std::optional<HardwarePart> plan_hardware(const Network& network, Diagnostics& diagnostics) {
  for (const Diagnostic& obstacle : network.model.obstacles) diagnostics.add(obstacle);
  report_obstacles(network.graph, diagnostics, network.host_from);
  std::optional<HardwarePart> part = find_hardware(network.graph, place(network.graph, network.host_from), diagnostics);
  if (diagnostics.has_errors()) return std::nullopt;
  if (part && part->layers.empty()) {
    diagnostics.add(Diagnostic(Code::kPassThrough, "nothing of this network is left for hardware; it will only pass its input through")
                        .because("no quantized matrix product and no quantizer behind integers was found")
                        .as_warning());
  }
  return part;
}

void name_file(Diagnostics& diagnostics, const std::string& file) {
  Diagnostics named;
  for (Diagnostic diagnostic : diagnostics.list()) {
    const bool of_options = diagnostic.code >= Code::kBadArray && diagnostic.code < Code::kToolMissing;
    if (diagnostic.places.empty() && !of_options) diagnostic.places.emplace_back();
    for (Place& place : diagnostic.places) {
      if (place.file.empty()) place.file = file;
    }
    named.add(std::move(diagnostic));
  }
  diagnostics = std::move(named);
}

}  // namespace finnr
