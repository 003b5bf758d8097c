// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <optional>
#include <string>
#include <variant>
#include <vector>

#include "finnr/base/diagnostics.h"
#include "finnr/graph/graph.h"

namespace finnr {

/// A layer of the hardware part before anything is folded.
struct MatrixLayer {
  NodeId matmul;
  std::optional<NodeId> thresholds;  ///< fused behind it
  std::int64_t inputs = 0;
  std::int64_t outputs = 0;
  std::int64_t vectors = 1;
};
struct ThresholdLayer {
  NodeId thresholds;
  std::int64_t channels = 0;
  std::int64_t vectors = 1;
};
struct TopKLayer {
  NodeId top_k;
  std::int64_t labels = 0;
  std::int64_t k = 1;
};

struct Layer {
  std::string name;  ///< fc0, fc1, ... for matrices; thr0, ...; top_k
  std::variant<MatrixLayer, ThresholdLayer, TopKLayer> kind;
  ValueId input;
  ValueId output;
  Origin origin;
};

/// The part of an integer network that becomes hardware: a chain of layers between two integer values. Everything else
/// runs on the host. Without layers, `input` and `output` are the value that passes through.
struct HardwarePart {
  std::vector<Layer> layers;
  ValueId input;
  ValueId output;
};

/// Thresholds of up to this many steps are compared at once and fused behind a matrix unit; more are searched in a unit
/// of their own.
inline constexpr std::int64_t kMaxFusedSteps = 15;

/// Finds the hardware part, or reports everything that stands in its way (all problems at once). The graph comes from the
/// streamline passes.
std::optional<HardwarePart> find_hardware(const Graph& graph, Diagnostics& diagnostics);

}  // namespace finnr
