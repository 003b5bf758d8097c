// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <vector>

#include "finnr/graph/graph.h"
#include "finnr/graph/placement.h"

namespace finnr {

/// The nodes that become hardware, by node id: layers, thresholds and top-k, and the moves between them. Moves at the two ends stay
/// with the host, where they cost nothing.
std::vector<bool> hardware_nodes(const Graph& graph, const Placement& placement);

/// True for operators that are only another way to see a stream: reshape and transpose.
bool renames(const Node& node);

}  // namespace finnr
