// SPDX-License-Identifier: Apache-2.0
#include "finnr/hardware/padding.h"

#include <fmt/format.h>

#include <algorithm>
#include <numeric>

#include "finnr/base/integers.h"
#include "finnr/hardware/lanes.h"

namespace finnr {

Result<std::vector<std::int64_t>> padding(const HardwarePart& part, const Folding& folding) {
  std::vector<std::size_t> together(part.links.size());  // first link of the set
  std::iota(together.begin(), together.end(), std::size_t{0});
  for (const Layer& layer : part.layers) {
    if (!std::holds_alternative<ThresholdLayer>(layer.kind)) continue;
    together[layer.output] = together[layer.inputs[0]];  // layers are in topological order
  }
  struct Set {
    std::vector<Side> sides;
    bool plain = true;  ///< every end is a matrix without windows, a threshold, or the host
    bool top_k = false;
    const Layer* layer = nullptr;
  };
  std::vector<Set> sets(part.links.size());
  for (std::size_t i = 0; i < part.layers.size(); ++i) {
    const Layer& layer = part.layers[i];
    const auto* matrix = std::get_if<MatrixLayer>(&layer.kind);
    const bool threshold = std::holds_alternative<ThresholdLayer>(layer.kind);
    const bool plain_output = threshold || (matrix != nullptr && matrix->groups == 1);
    const bool plain_input = threshold || (matrix != nullptr && matrix->groups == 1 && !matrix->windows);
    for (std::size_t port = 0; port < layer.inputs.size(); ++port) {
      Set& set = sets[together[layer.inputs[port]]];
      set.sides.push_back(input_side(layer, folding[i], port));
      set.plain = set.plain && plain_input;
      set.top_k = set.top_k || std::holds_alternative<TopKLayer>(layer.kind);
      set.layer = &layer;
    }
    Set& set = sets[together[layer.output]];
    set.sides.push_back(output_side(layer, folding[i], part.links[layer.output]));
    set.plain = set.plain && plain_output;
    if (set.layer == nullptr) set.layer = &layer;
  }
  std::vector<std::int64_t> padded(part.links.size());
  for (std::size_t i = 0; i < part.links.size(); ++i) padded[i] = part.links[i].channels;
  for (std::size_t first = 0; first < part.links.size(); ++first) {
    const Set& set = sets[first];
    if (std::ranges::all_of(set.sides, [](const Side& side) { return side.channels % side.lanes == 0; })) continue;
    const bool alike = std::ranges::all_of(
        set.sides, [&](const Side& side) { return side.channels == set.sides[0].channels && side.vectors == set.sides[0].vectors; });
    if (!alike || set.top_k || !set.plain) {
      return Diagnostic(Code::kIllegalFolding, fmt::format("padding is not possible between {} and its neighbour", set.layer->name))
          .at(place_of(*set.layer))
          .because(set.top_k    ? "extra outputs would compete for the top-k"
                   : !set.plain ? "a layer beside it is no fully connected layer, and would take the padding for data"
                                : "the two layers see different vectors")
          .fix("take a PE that divides the number of outputs and a SIMD that divides the number of inputs");
    }
    std::int64_t lanes = 1;
    for (const Side& side : set.sides) lanes = std::lcm(lanes, std::int64_t{side.lanes});
    for (std::size_t i = 0; i < part.links.size(); ++i) {
      if (together[i] == first) padded[i] = ceil_div(set.sides[0].channels, lanes) * lanes;
    }
  }
  return padded;
}

}  // namespace finnr
