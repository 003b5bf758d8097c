// SPDX-License-Identifier: Apache-2.0
#include "finnr/hardware/lanes.h"

#include <algorithm>
#include <numeric>

#include "finnr/base/integers.h"
#include "finnr/hardware/padding.h"

namespace finnr {
namespace {

/// What lanes of a layer without a fold of its own must divide, and its beats in a frame with one lane.
struct Free {
  std::int64_t divide = 1;
  std::int64_t beats = 1;
};

/// The longest runs of a permutation that stay together and start at a multiple of their length.
std::int64_t run_length(const std::vector<std::int64_t>& index, std::int64_t most) {
  for (std::int64_t lanes = most; lanes > 1; --lanes) {
    if (most % lanes != 0) continue;
    bool good = std::ssize(index) % lanes == 0;
    for (std::size_t i = 0; good && i < index.size(); ++i) {
      const std::size_t start = i - i % static_cast<std::size_t>(lanes);
      good = index[start] % lanes == 0 && index[i] == index[start] + static_cast<std::int64_t>(i - start);
    }
    if (good) return lanes;
  }
  return 1;
}

Free freedom(const Layer& layer, const HardwarePart& part) {
  const auto windowed = [](const Windows& w, std::int64_t channels) {  // of one position, or whole windows in front of a pool
    return Free{channels, channels * w.beats()};
  };
  return std::visit(
      Overloaded{[](const MatrixLayer&) { return Free{}; }, [](const DepthwiseLayer&) { return Free{}; },
                 [&](const PoolLayer& p) {
                   return p.windows ? windowed(*p.windows, p.channels) : Free{p.channels, p.channels * p.count * p.pixels};
                 },
                 [](const ThresholdLayer& t) {
                   return Free{t.channels, t.channels * t.vectors};
                 },
                 [](const ShiftLayer& t) {
                   return Free{t.channels, t.channels * t.vectors};
                 },
                 [](const TopKLayer& t) {
                   return Free{t.labels, t.labels};
                 },
                 [](const JoinLayer& j) {
                   return Free{j.channels, j.channels * j.vectors};
                 },
                 [&](const ConcatLayer& c) {
                   std::int64_t divide = 0;
                   for (const std::int64_t turn : c.turns) divide = std::gcd(divide, turn);
                   for (const std::size_t link : layer.inputs) divide = std::gcd(divide, part.links[link].channels);
                   divide = std::gcd(divide, part.links[layer.output].channels);
                   return Free{divide, c.rounds * std::accumulate(c.turns.begin(), c.turns.end(), std::int64_t{0})};
                 },
                 [&](const TakeLayer& t) {
                   std::int64_t divide = std::gcd(std::gcd(t.period, t.first), t.count);
                   divide = std::gcd(divide, std::gcd(part.links[layer.inputs[0]].channels, part.links[layer.output].channels));
                   return Free{divide, t.period * t.rounds};
                 },
                 [&](const ResampleLayer& r) { return windowed(r.windows, r.channels); },
                 [&](const PermuteLayer& p) {
                   const std::int64_t common = std::gcd(part.links[layer.inputs[0]].channels, part.links[layer.output].channels);
                   return Free{run_length(p.index, common), std::max<std::int64_t>(std::ssize(p.index), p.elements)};
                 }},
      layer.kind);
}

}  // namespace

Feed feed_of(const MatrixLayer& m, const Fold& fold) {
  const Windows& windows = *m.windows;
  const std::int64_t channels = m.inputs / windows.kernel();
  const std::int64_t pixels = windows.pixels() / fold.m;
  const std::int64_t matrix = m.vectors / fold.m * ceil_div(m.outputs, fold.pe) * ceil_div(m.inputs, fold.simd);
  const auto fits = [&](std::int64_t lanes) { return m.groups * (channels / lanes) * tiled_beats(windows, pixels, {}) <= matrix; };
  if (channels % fold.simd == 0 && fits(fold.simd)) return {fold.simd, {}};
  for (const std::int64_t lanes : divisors(channels)) {
    if (fits(lanes)) return {static_cast<int>(lanes), {}};
  }
  return {static_cast<int>(channels), least_tile(windows, pixels, matrix / m.groups)};
}

Feed feed_of(const DepthwiseLayer& d, const Fold& fold) {
  return {fold.pe, least_tile(*d.windows, d.pixels, d.pixels * ceil_div(d.kernel, fold.simd))};
}

Feed feed_of(const PoolLayer& p, const Fold& fold) { return {fold.pe, least_tile(*p.windows, p.pixels, p.pixels)}; }

Side input_side(const Layer& layer, const Fold& fold, std::size_t port) {
  return std::visit(Overloaded{[&](const MatrixLayer& m) {
                                 if (!m.windows) return Side{m.vectors, m.inputs, fold.simd};
                                 return Side{m.windows->pixels_in(), m.groups * m.inputs / m.windows->kernel(), feed_of(m, fold).lanes};
                               },
                               [&](const DepthwiseLayer& d) {
                                 return Side{d.windows ? d.windows->pixels_in() : d.pixels, d.channels, fold.pe};
                               },
                               [&](const PoolLayer& p) {
                                 return Side{p.windows ? p.windows->pixels_in() : p.count * p.pixels, p.channels, fold.pe};
                               },
                               [&](const ThresholdLayer& t) {
                                 return Side{t.vectors, t.channels, fold.pe};
                               },
                               [&](const ShiftLayer& t) {
                                 return Side{t.vectors, t.channels, fold.pe};
                               },
                               [&](const TopKLayer& t) {
                                 return Side{1, t.labels, fold.pe};
                               },
                               [&](const JoinLayer& j) {
                                 return Side{j.vectors / j.repeats[port], j.channels, fold.pe};
                               },
                               [&](const ConcatLayer& c) {
                                 return Side{c.rounds, c.turns[port], fold.pe};
                               },
                               [&](const TakeLayer& t) {
                                 return Side{t.rounds, t.period, fold.pe};
                               },
                               [&](const ResampleLayer& r) {
                                 return Side{r.windows.pixels_in(), r.channels, fold.pe};
                               },
                               [&](const PermuteLayer& p) {
                                 return Side{1, p.elements, fold.pe};
                               }},
                    layer.kind);
}

int output_lanes(const Layer& layer, const Fold& fold) { return std::holds_alternative<TopKLayer>(layer.kind) ? 1 : fold.pe; }

Side output_side(const Layer& layer, const Fold& fold, const Link& output) {
  return {output.vectors, output.channels, output_lanes(layer, fold)};
}

std::int64_t most_lanes(const Layer& layer, const HardwarePart& part) { return freedom(layer, part).divide; }

Folding settle_lanes(const HardwarePart& part, const Folding& given) {
  if (std::ranges::none_of(given, [](const Fold& fold) { return fold.pe == 0; })) return given;
  Folding folding = given;
  std::int64_t slowest = 1;
  for (std::size_t i = 0; i < folding.size(); ++i) {
    if (folding[i].pe != 0) slowest = std::max(slowest, layer_interval(part.layers[i], folding[i]));
  }
  const std::vector<bool> padded = asks_for_padding(part, given);
  std::vector<int> lanes_of(part.links.size(), 1);  // as the producer gives them
  for (const std::size_t link : part.inputs) {
    for (std::size_t i = 0; i < part.layers.size(); ++i) {
      if (part.layers[i].inputs[0] == link && folding[i].pe != 0) lanes_of[link] = input_side(part.layers[i], folding[i], 0).lanes;
    }
  }
  for (std::size_t i = 0; i < folding.size(); ++i) {
    const Layer& layer = part.layers[i];
    if (folding[i].pe == 0) {
      const Free free = freedom(layer, part);
      const std::int64_t producer = lanes_of[layer.inputs[0]];
      std::int64_t reader = 0;  // what stands at the input takes the lanes of the layer behind it
      for (std::size_t j = i + 1; j < folding.size() && reader == 0; ++j) {
        if (std::ranges::find(part.layers[j].inputs, layer.output) != part.layers[j].inputs.end() && folding[j].pe != 0)
          reader = input_side(part.layers[j], folding[j], 0).lanes;
      }
      std::int64_t fewest = free.divide;
      for (const std::int64_t lanes : divisors(free.divide)) {
        if (free.beats / lanes > slowest) continue;
        fewest = lanes;
        break;
      }
      const auto usable = [&](std::int64_t lanes) {
        if (free.divide % lanes == 0) return lanes >= fewest;
        return by_channel(layer) && padded[layer.output] && layer_interval(layer, {static_cast<int>(lanes)}) <= slowest;
      };
      const bool early = reader > 0 && std::ranges::find(part.inputs, layer.inputs[0]) != part.inputs.end();
      std::int64_t lanes = fewest;
      if (usable(producer)) lanes = producer;
      if (early && usable(reader)) lanes = reader;
      folding[i].pe = static_cast<int>(lanes);
    }
    lanes_of[layer.output] = output_lanes(layer, folding[i]);
  }
  return folding;
}

}  // namespace finnr
