// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "finnr/base/diagnostics.h"
#include "finnr/graph/graph.h"
#include "finnr/graph/placement.h"

namespace finnr {

/// After streamlining: reports every node that keeps the network from being integer where hardware needs it, with cause and way
/// out: float products, quantizers that did not become thresholds and whatever else makes integers of float numbers between
/// hardware layers. Float products that the host runs at the ends are warnings (those that `host_from` asked for are not); when
/// no layer is left for hardware they are errors.
void report_obstacles(const Graph& graph, Diagnostics& diagnostics, const std::vector<std::string>& host_from = {});

}  // namespace finnr
