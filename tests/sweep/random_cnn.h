// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>

#include "finnr/base/rng.h"
#include "finnr/graph/graph.h"

namespace finnr {

/// What a random convolutional network may hold.
struct CnnLimits {
  std::int64_t blocks = 4;
  std::int64_t channels = 8;
  std::int64_t side = 9;
  std::int64_t products = 300'000;  ///< of all layers together, about
  bool integer_only = false;        ///< nothing that hardware must refuse by design (scales along the summed axis)
};

/// A random quantized network with windows in one or two dimensions and branches, as importers give it: floats with quantizers
/// between, every choice from `rng`. One input, float32 or (now and then) integer codes; at times several outputs.
Graph random_cnn(Rng& rng, const CnnLimits& limits);

}  // namespace finnr
