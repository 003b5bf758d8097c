// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <algorithm>
#include <cstdint>
#include <vector>

#include "finnr/base/rng.h"
#include "finnr/hardware/folding.h"
#include "finnr/hardware/lanes.h"
#include "finnr/hardware/padding.h"

namespace finnr {

/// By link: its channels, or a few more where they may be padded.
inline std::vector<std::int64_t> random_padding(const HardwarePart& part, Rng& rng) {
  const PaddingSets sets = padding_sets(part);
  std::vector<std::int64_t> sizes;
  for (std::size_t link = 0; link < part.links.size(); ++link) {
    const std::size_t of = sets.of[link];
    const bool pad = of == link && sets.obstacle[link].empty() && rng.chance(0.4);
    sizes.push_back(of == link ? part.links[link].channels + (pad ? rng.between(1, 3) : 0) : sizes[of]);
    if (!sets.obstacle[of].empty()) sizes.back() = part.links[link].channels;
  }
  return sizes;
}

/// Any legal numbers for every layer; with `pad` some that divide nothing, which lower() may refuse.
inline Folding random_folding(const HardwarePart& part, Rng& rng, bool pad) {
  const auto divisor = [&](std::int64_t size) {
    const std::vector<std::int64_t> list = divisors(size);
    return static_cast<int>(list[static_cast<std::size_t>(rng.between(0, std::ssize(list) - 1))]);
  };
  std::vector<std::int64_t> sizes;
  if (pad) {
    sizes = random_padding(part, rng);
  } else {
    for (const Link& link : part.links) sizes.push_back(link.channels);
  }
  Folding folding;
  for (const Layer& layer : part.layers) {
    Fold fold{0, 0, false, {}};
    const std::int64_t in = sizes[layer.inputs[0]];
    const std::int64_t out = sizes[layer.output];
    const bool more_inputs = in > part.links[layer.inputs[0]].channels;
    if (out > part.links[layer.output].channels) fold.padded = out;
    const auto store = [&] {
      if (rng.chance(0.5)) fold.weight_store = static_cast<Store>(rng.between(0, 3));
    };
    if (const auto* m = std::get_if<MatrixLayer>(&layer.kind)) {
      constexpr std::int64_t kMost = 12;
      const std::int64_t inputs = more_inputs ? in * (m->windows ? m->windows->kernel() : 1) : m->inputs;
      const std::int64_t outputs = fold.padded > 0 ? out : m->outputs;
      fold.pad = pad && m->groups == 1 && rng.chance(0.5);
      const auto lanes = [&](std::int64_t size, bool padded) {
        return padded && rng.chance(0.6) ? static_cast<int>(rng.between(1, std::min(size, kMost))) : divisor(size);
      };
      fold.pe = lanes(outputs, fold.pad);
      fold.simd = lanes(inputs, fold.pad);
      if (m->windows && rng.chance(0.3)) {  // as quick as it can be, so that windows must send several positions at once
        const std::vector<Tile> choices = tiles(*m->windows);
        const Tile& tile = choices[static_cast<std::size_t>(rng.between(0, std::ssize(choices) - 1))];
        fold.pe = static_cast<int>(outputs);
        fold.simd = static_cast<int>(tile.positions() * (inputs / m->windows->kernel()));
      }
      fold.pad = fold.pad || more_inputs || fold.padded > 0;
      if (!fold.pad && rng.chance(0.3)) {
        const std::vector<std::int64_t> pixels = pixel_choices(*m);
        fold.m = static_cast<int>(pixels[static_cast<std::size_t>(rng.between(0, std::ssize(pixels) - 1))]);
      }
      store();
    } else if (const auto* d = std::get_if<DepthwiseLayer>(&layer.kind)) {
      fold.pe = divisor(fold.padded > 0 ? out : d->channels);
      fold.simd = divisor(d->kernel);
      store();
    } else if (rng.chance(0.5)) {
      fold.pe = divisor(fold.padded > 0 ? out : most_lanes(layer, part));
    }
    fold.pad = fold.pad || fold.padded > 0;
    folding.push_back(fold);
  }
  return folding;
}

}  // namespace finnr
