// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <vector>

#include "finnr/graph/graph.h"

namespace finnr {

/// Where a node of the streamlined network runs.
enum class Site : std::uint8_t {
  kHardware,  ///< integers, in the accelerator
  kFront,     ///< on the host, in front of the accelerator
  kBehind,    ///< on the host, behind it
  kObstacle,  ///< has no integer form, and hardware layers in front of it and behind it
};

/// The cut between host and hardware.
struct Placement {
  std::vector<Site> sites;  ///< by node id; dead nodes count as hardware

  [[nodiscard]] Site operator[](NodeId id) const { return sites[id.index()]; }
};

/// True for nodes that are layers of hardware wherever they run: integer products, convolutions, pools, sums and joins.
bool is_layer(const Graph& graph, NodeId id);
/// True for nodes that hardware can do: layers, thresholds, the k largest, and moves of integers.
bool has_integer_form(const Graph& graph, NodeId id);

/// Decides for every node. A node without an integer form belongs to the host behind the hardware when no layer depends on it,
/// in front when it depends on no layer, and is an obstacle in between. A float product of data that was quantized before is no
/// layer for the front: something on the way spoiled the codes, and the user is told. What depends on a node behind, or feeds a node in
/// front, is the host's too, so no path leaves the hardware and comes back. `host_from` names nodes of the model: they and everything that
/// depends on them are behind. In a network without any layer nodes with float operands are the host's.
Placement place(const Graph& graph, const std::vector<std::string>& host_from = {});

}  // namespace finnr
