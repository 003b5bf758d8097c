// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "finnr/base/diagnostics.h"
#include "finnr/graph/graph.h"

namespace finnr {

/// After streamlining: reports every node that keeps the network from being integer where hardware needs it (float matrix
/// products; quantizers between hardware layers that did not become thresholds), with cause and way out.
void report_obstacles(const Graph& graph, Diagnostics& diagnostics);

}  // namespace finnr
