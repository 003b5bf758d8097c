// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <algorithm>
#include <cstdint>
#include <vector>

#include "finnr/base/rng.h"
#include "finnr/hardware/folding.h"
#include "finnr/hardware/lanes.h"

namespace finnr {

/// Any legal numbers for every layer; with `pad` some that divide nothing, which lower() may refuse.
inline Folding random_folding(const HardwarePart& part, Rng& rng, bool pad) {
  const auto divisor = [&](std::int64_t size) {
    const std::vector<std::int64_t> list = divisors(size);
    return static_cast<int>(list[static_cast<std::size_t>(rng.between(0, std::ssize(list) - 1))]);
  };
  Folding folding;
  for (const Layer& layer : part.layers) {
    Fold fold{0, 0, false, {}};
    const auto store = [&] {
      if (rng.chance(0.5)) fold.weight_store = static_cast<Store>(rng.between(0, 3));
    };
    if (const auto* m = std::get_if<MatrixLayer>(&layer.kind)) {
      constexpr std::int64_t kMost = 12;
      fold.pad = pad && m->groups == 1 && rng.chance(0.5);
      const auto lanes = [&](std::int64_t size, bool padded) {
        return padded && rng.chance(0.6) ? static_cast<int>(rng.between(1, std::min(size, kMost))) : divisor(size);
      };
      fold.pe = lanes(m->outputs, fold.pad);
      fold.simd = lanes(m->inputs, fold.pad && !m->windows);
      if (m->windows && rng.chance(0.3)) {  // as quick as it can be, so that windows must send several positions at once
        const std::vector<Tile> choices = tiles(*m->windows);
        const Tile& tile = choices[static_cast<std::size_t>(rng.between(0, std::ssize(choices) - 1))];
        fold.pe = static_cast<int>(m->outputs);
        fold.simd = static_cast<int>(tile.positions() * (m->inputs / m->windows->kernel()));
      }
      if (!fold.pad && rng.chance(0.3)) {
        const std::vector<std::int64_t> pixels = pixel_choices(*m);
        fold.m = static_cast<int>(pixels[static_cast<std::size_t>(rng.between(0, std::ssize(pixels) - 1))]);
      }
      store();
    } else if (const auto* d = std::get_if<DepthwiseLayer>(&layer.kind)) {
      fold.pe = divisor(d->channels);
      fold.simd = divisor(d->kernel);
      store();
    } else if (rng.chance(0.5)) {
      fold.pe = divisor(most_lanes(layer, part));
    }
    folding.push_back(fold);
  }
  return folding;
}

}  // namespace finnr
