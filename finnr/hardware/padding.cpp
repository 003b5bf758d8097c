// SPDX-License-Identifier: Apache-2.0
#include "finnr/hardware/padding.h"

#include <fmt/format.h>

#include <algorithm>
#include <numeric>

#include "finnr/base/integers.h"
#include "finnr/hardware/lanes.h"
#include "finnr/hardware/weights.h"

namespace finnr {
namespace {

constexpr std::int64_t kMost = std::int64_t{1} << 20;  // elements that travel for a vector, when padded

/// Whether what it makes of extra channels that are 0 bits is 0 bits again: a single bit has no number that adds nothing.
bool keeps_zero_bits(const Layer& layer) {
  const auto* pool = std::get_if<PoolLayer>(&layer.kind);
  return std::holds_alternative<MatrixLayer>(layer.kind) || std::holds_alternative<ThresholdLayer>(layer.kind) ||
         (pool != nullptr && pool->kind == PoolKind::kMax && !(pool->windows && pool->windows->filled()));
}

/// A matrix of bits without windows: extra inputs must be 0 bits.
bool needs_zero_bits(const HardwarePart& part, const Layer& layer) {
  const auto* m = std::get_if<MatrixLayer>(&layer.kind);
  return m != nullptr && !m->windows && m->w.bipolar && part.links[layer.inputs[0]].type.bipolar;
}

/// What the elements of a vector at an input must be a multiple of.
std::int64_t divisor_at_input(const Layer& layer, const Fold& fold, std::size_t port) {
  const auto* m = std::get_if<MatrixLayer>(&layer.kind);
  if (m == nullptr || !m->windows) return input_side(layer, fold, port).lanes;
  return fold.simd / std::gcd(std::int64_t{fold.simd}, m->windows->kernel());  // the lanes of the image follow
}

bool copies(const Layer& layer, const Fold& fold) { return std::holds_alternative<MatrixLayer>(layer.kind) && fold.m > 1; }

/// What the layers around a set of links need of its vectors.
struct Need {
  std::int64_t multiple = 1;
  std::int64_t least = 0;
  bool fits = true;              ///< without padding
  bool copies = false;           ///< a matrix takes several pixels at once
  const Layer* layer = nullptr;  ///< for messages

  [[nodiscard]] bool more_than(std::int64_t channels) const { return !fits || least > channels; }
};

/// By set, of the layers that have a PE.
std::vector<Need> needs_of(const HardwarePart& part, const Folding& folding, const PaddingSets& sets) {
  std::vector<Need> needs(part.links.size());
  for (std::size_t i = 0; i < part.layers.size(); ++i) {
    if (folding[i].pe == 0) continue;
    const Layer& layer = part.layers[i];
    const auto meet = [&](Need& need, std::int64_t channels, std::int64_t divisor) {
      if (need.multiple <= kMost) need.multiple = std::lcm(need.multiple, divisor);
      need.fits = need.fits && channels % divisor == 0;
      need.copies = need.copies || copies(layer, folding[i]);
      need.layer = need.layer == nullptr || channels % divisor != 0 ? &layer : need.layer;
    };
    for (std::size_t port = 0; port < layer.inputs.size(); ++port)
      meet(needs[sets.of[layer.inputs[port]]], input_side(layer, folding[i], port).channels, divisor_at_input(layer, folding[i], port));
    Need& need = needs[sets.of[layer.output]];
    meet(need, part.links[layer.output].channels, output_lanes(layer, folding[i]));
    need.least = std::max(need.least, folding[i].padded);
  }
  return needs;
}

}  // namespace

bool by_channel(const Layer& layer) {
  return std::visit(
      Overloaded{[](const ThresholdLayer&) { return true; }, [](const ShiftLayer&) { return true; },
                 [](const DepthwiseLayer&) { return true; }, [](const PoolLayer&) { return true; }, [](const JoinLayer&) { return true; },
                 [](const ResampleLayer&) { return true; }, [](const auto&) { return false; }},
      layer.kind);
}

PaddingSets padding_sets(const HardwarePart& part) {
  PaddingSets sets;
  sets.of.resize(part.links.size());
  std::iota(sets.of.begin(), sets.of.end(), std::size_t{0});
  const auto join = [&](std::size_t a, std::size_t b) {
    const auto [first, second] = std::minmax(sets.of[a], sets.of[b]);
    for (std::size_t& set : sets.of) {
      if (set == second) set = first;
    }
  };
  for (const Layer& layer : part.layers) {
    for (const std::size_t link : layer.inputs) {
      if (by_channel(layer)) join(link, layer.output);
    }
  }
  sets.obstacle.resize(part.links.size());
  std::vector<bool> zero_bits(part.links.size(), true);
  std::vector<bool> zero_bits_needed(part.links.size(), false);
  for (const Layer& layer : part.layers) {
    const auto* matrix = std::get_if<MatrixLayer>(&layer.kind);
    const bool plain = by_channel(layer) || (matrix != nullptr && matrix->groups == 1);
    const auto meet = [&](std::size_t link, const Side& side) {
      std::string& obstacle = sets.obstacle[sets.of[link]];
      const bool alike = side.channels == part.links[sets.of[link]].channels && side.vectors == part.links[link].vectors;
      if (!alike) obstacle = "the two layers see different vectors";
      if (!plain) obstacle = fmt::format("layer {} would take the padding for data", layer.name);
    };
    for (std::size_t port = 0; port < layer.inputs.size(); ++port) {
      const std::size_t set = sets.of[layer.inputs[port]];
      meet(layer.inputs[port], input_side(layer, {}, port));
      zero_bits_needed[set] = zero_bits_needed[set] || needs_zero_bits(part, layer);
    }
    if (std::holds_alternative<TopKLayer>(layer.kind)) {
      sets.obstacle[sets.of[layer.inputs[0]]] = "extra outputs would compete for the top-k";
      sets.obstacle[sets.of[layer.output]] = "indices have no channels";
      continue;
    }
    meet(layer.output, output_side(layer, {}, part.links[layer.output]));
    zero_bits[sets.of[layer.output]] = zero_bits[sets.of[layer.output]] && keeps_zero_bits(layer);
  }
  for (std::size_t set = 0; set < part.links.size(); ++set) {
    if (zero_bits_needed[set] && !zero_bits[set] && sets.obstacle[set].empty())
      sets.obstacle[set] = "a layer of single bits would take the padding for data";
  }
  return sets;
}

std::vector<bool> asks_for_padding(const HardwarePart& part, const Folding& folding) {
  const PaddingSets sets = padding_sets(part);
  const std::vector<Need> needs = needs_of(part, folding, sets);
  std::vector<bool> asks;
  for (std::size_t link = 0; link < part.links.size(); ++link) {
    asks.push_back(needs[sets.of[link]].more_than(part.links[link].channels));
  }
  return asks;
}

Result<std::vector<std::int64_t>> padding(const HardwarePart& part, const Folding& folding, const std::vector<std::int64_t>& least) {
  const PaddingSets sets = padding_sets(part);
  std::vector<Need> needs = needs_of(part, folding, sets);
  for (std::size_t link = 0; link < least.size(); ++link) needs[sets.of[link]].least = std::max(needs[sets.of[link]].least, least[link]);
  std::vector<std::int64_t> padded;
  for (std::size_t link = 0; link < part.links.size(); ++link) {
    const std::size_t of = sets.of[link];
    const Need& need = needs[of];
    const std::int64_t channels = part.links[link].channels;
    padded.push_back(channels);
    if (!need.more_than(channels)) continue;
    if (!sets.obstacle[of].empty() || need.copies || need.multiple > kMost) {
      return Diagnostic(Code::kIllegalFolding, fmt::format("padding is not possible between {} and its neighbour", need.layer->name))
          .at(place_of(*need.layer))
          .because(need.copies             ? "several pixels at once are not padded"
                   : need.multiple > kMost ? "the lanes of the layers that share the padding have no common multiple of a sensible size"
                                           : sets.obstacle[of])
          .fix("take a PE that divides the number of outputs and a SIMD that divides the number of inputs");
    }
    padded.back() = ceil_div(std::max(channels, need.least), need.multiple) * need.multiple;
  }
  return padded;
}

HardwarePart padded_part(const HardwarePart& part, const std::vector<std::int64_t>& padded) {
  HardwarePart result = part;
  for (Layer& layer : result.layers) {
    const std::int64_t in = padded[layer.inputs[0]];
    if (in == part.links[layer.inputs[0]].channels) continue;
    std::visit(Overloaded{[&](MatrixLayer& m) {
                            if (!m.windows) return;
                            const std::int64_t kernel = m.windows->kernel();
                            if (m.weights) m.weights = with_empty_rows(*m.weights, m.inputs / kernel, in);
                            if (m.w.bipolar) m.w = {-1, 1, false};
                            m.inputs = kernel * in;
                          },
                          [&](DepthwiseLayer& d) {
                            if (d.weights) d.weights = with_first_columns(*d.weights, in);
                            d.channels = in;
                          },
                          [&](PoolLayer& p) { p.channels = in; }, [&](JoinLayer& j) { j.channels = in; },
                          [&](ResampleLayer& r) { r.channels = in; }, [](auto&) {}},
               layer.kind);
  }
  return result;
}

}  // namespace finnr
