// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "finnr/base/diagnostics.h"
#include "finnr/base/result.h"
#include "finnr/hardware/design.h"
#include "finnr/hardware/layers.h"

namespace finnr {

/// Parallelism of one layer. For layers without weights `pe` is the number of lanes, 0 to let settle_lanes() choose.
struct Fold {
  int pe = 1;
  int simd = 1;
  bool pad = false;  ///< pad the layer's sizes where pe or simd do not divide them
  std::optional<Store> weight_store = {};
  int m = 1;  ///< pixels at once: so many copies of a matrix unit, each with its own windows and weights
  std::optional<Core> core = {};
  int pipeline = 0;         ///< levels of a tree of adders between registers, 0 for none in the tree
  std::int64_t padded = 0;  ///< outputs are padded to at least so many, with those of all layers of one set (padding.h)
};

/// The numbers of pixels that a matrix layer can take at once: divisors of its windows in a row. Without windows that is one, for
/// vectors come one after the other.
std::vector<std::int64_t> pixel_choices(const MatrixLayer& layer);

/// One entry a layer, in the order of HardwarePart::layers.
using Folding = std::vector<Fold>;

/// Cycles a frame of a layer under a fold (of layers without weights: with at least one lane).
std::int64_t layer_interval(const Layer& layer, const Fold& fold);

/// Every layer at most `cycles` a frame with the least multiplications at once; where even the full parallelism of a layer
/// is slower, that.
Folding balance(const HardwarePart& part, std::int64_t cycles);

/// At most 50,000 cycles a frame, or 4,096 multiplications a cycle in all, whichever comes first.
Folding default_folding(const HardwarePart& part);

/// Balanced to a frame rate. Fails with kFpsUnreachable, naming the best rate.
Result<Folding> folding_for_fps(const HardwarePart& part, double fps, double clock_mhz);

/// Reads a folding file (docs/folding.md): our own form by layer name, FINN's folding configuration (PE and SIMD per node,
/// in order), or the `folding` list of a published design, of which `variant` picks another. Entries for units that do
/// not exist here are passed over with one note. Illegal values fail with kIllegalFolding and the legal ones.
Result<Folding> read_folding(const HardwarePart& part, const std::string& path, const std::string& variant, Diagnostics& diagnostics);

/// Divisors of n, ascending.
std::vector<std::int64_t> divisors(std::int64_t n);

}  // namespace finnr
