// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <functional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "finnr/base/diagnostics.h"
#include "finnr/base/result.h"
#include "finnr/graph/graph.h"

namespace finnr {

/// What a pass may use besides the graph.
struct PassContext {
  Diagnostics& diagnostics;
  /// The meaning of one operator on constants (the reference executor's), handed down by flow and tests.
  std::function<std::vector<Tensor>(const Op&, std::span<const Tensor* const>, std::span<const ElementType>)> evaluate;
};

/// True when the graph was changed.
enum class Changed : bool { kNo = false, kYes = true };

/// One rewrite of the graph. Running it never changes what the network computes.
struct Pass {
  std::string_view name;     ///< as in `finnr print --after NAME`
  std::string_view summary;  ///< one line
  Changed (*run)(Graph&, PassContext&);
};

/// The road from an imported graph to an exact integer network, in order.
std::span<const Pass> streamline_passes();

/// What happened in one pass, for reports.
struct PassRecord {
  std::string_view name;
  bool changed = false;
  double seconds = 0;
};

/// Runs the passes in order, verifying the graph after each (a breakage is a bug and ends the process), and stops
/// after the pass called `last` if that is not empty.
std::vector<PassRecord> run_passes(Graph& graph, std::span<const Pass> passes, PassContext& context, std::string_view last = "");

// The passes, each in a file of its name.
Changed fold_constants(Graph& graph, PassContext& context);
Changed simplify_renames(Graph& graph, PassContext& context);
Changed simplify_moves(Graph& graph, PassContext& context);
Changed lift_linear(Graph& graph, PassContext& context);
Changed fold_parameters(Graph& graph, PassContext& context);
Changed settle_moves(Graph& graph, PassContext& context);
Changed join_values(Graph& graph, PassContext& context);
Changed derive_thresholds(Graph& graph, PassContext& context);
Changed merge_equal(Graph& graph, PassContext& context);

}  // namespace finnr
