// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>

#include "finnr/hardware/folding.h"
#include "finnr/hardware/layers.h"

namespace finnr {

// How wide the streams of a folded layer are.

/// How windows feed the layer behind them.
struct Feed {
  int lanes = 1;  ///< of the image
  Tile tile;      ///< kernel positions in a beat of the windows, which has lanes * tile.positions() lanes
};

/// Windows in front of a matrix have its SIMD as lanes where that divides the channels of a group and is quick enough, else the
/// fewest lanes with which they are no slower than the matrix; where one kernel position a beat is too slow, all channels of a
/// group and the fewest positions. Those in front of a depthwise layer and of a pool have its PE as lanes and the fewest
/// positions with which they are no slower than the layer, a pool being as quick as its streams.
Feed feed_of(const MatrixLayer& layer, const Fold& fold);
Feed feed_of(const DepthwiseLayer& layer, const Fold& fold);
Feed feed_of(const PoolLayer& layer, const Fold& fold);

/// A layer's own view of one of its streams.
struct Side {
  std::int64_t vectors = 1;
  std::int64_t channels = 0;
  int lanes = 1;
};

/// What a layer takes at input `port` under a settled fold. In front of windows this is the image, else the vectors.
Side input_side(const Layer& layer, const Fold& fold, std::size_t port);

/// What it gives.
Side output_side(const Layer& layer, const Fold& fold, const Link& output);
int output_lanes(const Layer& layer, const Fold& fold);

/// What the lanes of a layer without weights must divide.
std::int64_t most_lanes(const Layer& layer, const HardwarePart& part);

/// The folding with a number of lanes for every layer: those without one take the fewest that keep the interval of the slowest
/// layer that has one, or their producer's, when those are enough, also where those pad it.
Folding settle_lanes(const HardwarePart& part, const Folding& folding);

}  // namespace finnr
