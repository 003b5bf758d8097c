// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "finnr/base/diagnostics.h"
#include "finnr/graph/graph.h"
#include "finnr/hardware/layers.h"
#include "finnr/import/import.h"

namespace finnr {

/// Raw bytes p at the input stand for fl(fl(scale * p) + offset); one value, or one for each channel.
struct ByteInput {
  std::vector<float> scale = {1.0F};
  std::vector<float> offset = {0.0F};
};

/// What a user asks of the two ends of the network.
struct Boundary {
  std::optional<ByteInput> bytes;
  std::optional<std::int64_t> top_k;
  std::vector<std::string> host_from;  ///< model nodes that the host computes, with everything that depends on them
};

/// One step of the pipeline as the user sees it.
struct StepRecord {
  std::string name;
  double seconds = 0;
  std::string summary;
};

/// A model on its way: the file, and the network after the passes so far.
struct Network {
  Model model;  ///< its graph has moved to `graph`
  Graph graph;
  std::vector<StepRecord> steps;
  std::vector<StepRecord> passes;      ///< inside the step "streamline"
  std::vector<std::string> host_from;  ///< as in Boundary
};

/// Reads a model file.
std::optional<Network> read_network(const std::string& path, Diagnostics& diagnostics);

/// Streamlines to the integer network. `last` names the pass to stop after ("" for all). Value ids are those that
/// parse(print(graph)) gives, so they stay valid for a network stored as text.
bool streamline(Network& network, const Boundary& boundary, Diagnostics& diagnostics, const std::string& last = "");

/// The hardware part of a streamlined network, or everything that stands in its way.
std::optional<HardwarePart> plan_hardware(const Network& network, Diagnostics& diagnostics);

/// Adds the file's name to places that have none.
void name_file(Diagnostics& diagnostics, const std::string& file);

/// Ends a run: the error of a failed result joins the diagnostics, unless others were reported before it, and all get the
/// file's name.
template <class T>
void report_failure(const Result<T>& result, Diagnostics& diagnostics, const std::string& file) {
  if (!result.ok() && !diagnostics.has_errors()) diagnostics.add(result.error());
  name_file(diagnostics, file);
}

}  // namespace finnr
