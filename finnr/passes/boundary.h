// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <span>

#include "finnr/base/result.h"
#include "finnr/graph/graph.h"

namespace finnr {

// Rewrites that a user asks for, at the two ends of the network. They change what the network takes or returns.

/// The network takes raw bytes p (0..255) that stand for fl(fl(scale * p) + offset). One value for all, or one for each
/// channel (axis 1 of the input; the last axis for inputs of two axes). Fails with kBadOption.
Status take_bytes(Graph& graph, std::span<const float> scale, std::span<const float> offset);

/// The network returns the indices of the k largest outputs, ties to the lower index, taken from the last integers. Fails
/// with kTopKRefused unless what follows them is one strictly increasing function on their whole range.
Status return_top_k(Graph& graph, std::int64_t k);

}  // namespace finnr
