// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>

#include "finnr/base/rng.h"
#include "finnr/graph/graph.h"

namespace finnr {

/// What a random network may hold.
struct MlpLimits {
  std::int64_t layers = 4;
  std::int64_t width = 40;
  bool integer_only = false;  ///< nothing that hardware must refuse by design (scales along the summed axis)
};

/// A random quantized perceptron as importers give it: floats with quantizers between, every choice from `rng`. One
/// input, float32 or (now and then) integer codes; one output.
Graph random_mlp(Rng& rng, const MlpLimits& limits);

}  // namespace finnr
