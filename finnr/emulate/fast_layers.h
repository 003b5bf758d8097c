// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <vector>

#include "finnr/emulate/fast_plan.h"

namespace finnr::fast {

/// A matrix product or a convolution as windows over positions times weights.
struct Layer {
  ValueId x;     ///< what it reads: in front of a flattening reshape where the weights absorb its order
  Layout want;   ///< of x
  Shape kernel;  ///< an entry for each axis of positions in all of these
  Shape stride;
  Shape dilation;
  Shape out;
  std::int64_t groups = 1;
  std::int64_t inputs = 1;   ///< channels of a group
  std::int64_t outputs = 1;  ///< channels in all
  bool depthwise = false;
  Product product = Product::kDot;
  int weight_planes = 1;
  std::int64_t most_weight = 0;  ///< in magnitude
  std::function<std::int64_t(std::int64_t output, std::int64_t input, std::int64_t tap)> weight;
  int axis = 1;  ///< of the result's channels

  [[nodiscard]] std::int64_t taps() const { return count(kernel); }
  [[nodiscard]] std::int64_t products() const { return count(out) * outputs * inputs * taps(); }
};

/// The layer of a MatMul or Conv node, or nothing when it has no kernel: weights that are not constant or do not fit a signed
/// byte, activations of more than 8 bits, sums beyond 32 bits, spacing, cropping. `may_flatten`: the reshape in front is read
/// through.
std::optional<Layer> layer_of(const Graph& graph, NodeId node, bool may_flatten);

/// Windows of all positions of `out`, in an order in which the `pool` windows come one after the other (pool windows lie side by
/// side; an empty pool is one position each). The first window starts `begin` positions in front of the first one; the border of
/// `layout` may be larger. Runs are as long as memory allows, or single taps.
WindowTable windows_of(const Layout& layout, const Shape& begin, const Shape& kernel, const Shape& stride, const Shape& dilation,
                       const Shape& out, const Shape& pool, bool single_taps);

/// Weights of one group, in the order of windows with the runs of `windows`; and what their sums mean.
PackedWeights pack_weights(const Layer& layer, std::int64_t group, const WindowTable& windows, SumMeaning& sums);
std::vector<std::int16_t> pack_depthwise(const Layer& layer, std::size_t channels, SumMeaning& sums);

}  // namespace finnr::fast
