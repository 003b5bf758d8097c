// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <map>

#include "finnr/base/check.h"
#include "finnr/cost/finn_design.h"

namespace finnr {
namespace {

/// The default window unit fills its buffer, and then works row by row; `cf` are the folds of a pixel.
std::int64_t window_cycles(const FinnUnit& unit) {
  const DescribedNode& n = unit.node;
  const std::int64_t height = n.padded_height();
  const std::int64_t width = n.padded_width();
  const std::int64_t cf = n.in.channels / unit.simd;
  const bool depthwise = n.kind != NodeKind::kConv;
  if (unit.parallel_window) return height * width * cf + 2;
  auto [kh, kw] = n.kernel;
  auto [sh, sw] = n.stride;
  std::int64_t ow = n.out.width;
  if (height == 1 || width == 1) {
    if (width == 1) {
      kw = kh;
      sw = sh;
      ow = n.out.height;
    }
    return ow * kw * cf + 2 + (depthwise ? cf * (kw - 1) * (sw - 1) - (kw - 1) : 0);
  }
  const std::int64_t first = ((kh - 1) * width + (kw - 1) + 1) * cf;
  const std::int64_t row = std::max(ow * kw * kh * cf, sw * width * cf) + (depthwise ? ow * (sw - 1) * (cf - 1) : 0);
  return first + n.out.height * row + (depthwise ? (sh - 1) * width * cf : 0);
}

std::int64_t window_2018_cycles(const FinnUnit& unit) {
  const DescribedNode& n = unit.node;
  const std::int64_t size = n.padded_height();
  const std::int64_t k = n.kernel[0];
  const std::int64_t out = n.out.height;
  return size * k / unit.input_multiplier + out * std::max(out * k * k / unit.m, n.stride[0] * size / unit.input_multiplier);
}

std::int64_t streaming_pool_cycles(const FinnUnit& unit) {
  const DescribedNode& n = unit.node;
  const auto [kh, kw] = n.kernel;
  if (n.in.height == 1 || n.in.width == 1) return n.out.pixels() * (n.in.channels / unit.pe) * (std::max(kh, kw) + 1);
  return n.in.width * n.in.width * (kw * kw + 1) / (kw * kw);
}

}  // namespace

std::int64_t cycles(const FinnUnit& unit) {
  const DescribedNode& n = unit.node;
  switch (unit.kind) {
    case FinnKind::kMvau:
    case FinnKind::kMvtu2018: {
      const std::int64_t vectors = n.kind == NodeKind::kFc ? 1 : n.out.pixels();
      return n.matrix_inputs() * n.matrix_outputs() * vectors / (unit.pe * unit.simd * unit.m);
    }
    case FinnKind::kVvau:
      return n.in.channels * n.kernel_size() / (unit.pe * unit.simd) * n.out.pixels();
    case FinnKind::kWindow:
      return window_cycles(unit);
    case FinnKind::kWindow2018:
      return window_2018_cycles(unit);
    case FinnKind::kPad:
      return n.in.channels / unit.simd * n.padded_height() * n.padded_width();
    case FinnKind::kDownsample:
      return n.in.channels / unit.simd * n.in.pixels();
    case FinnKind::kPool:
      return n.in.channels * n.kernel_size() / unit.pe * n.out.pixels();
    case FinnKind::kStreamingMaxPool:
      return streaming_pool_cycles(unit);
    case FinnKind::kThreshold:
    case FinnKind::kAdd:
    case FinnKind::kFork:
    case FinnKind::kChannelwise:
    case FinnKind::kReshape:
      return n.in.channels / unit.pe * n.in.pixels();
    case FinnKind::kLabelSelect:
      return n.in.elements() / unit.pe;
  }
  FINNR_CHECK(false, "no such unit");
}

FinnLimits fold_limits(const FinnUnit& unit) {
  const DescribedNode& n = unit.node;
  switch (unit.kind) {
    case FinnKind::kMvau:
    case FinnKind::kMvtu2018:
      return {n.matrix_outputs(), n.matrix_inputs()};
    case FinnKind::kVvau:
      return {n.in.channels, n.kernel_size()};
    case FinnKind::kWindow:
    case FinnKind::kPad:
    case FinnKind::kDownsample:
      return {0, n.in.channels};
    case FinnKind::kWindow2018:
      return {};
    case FinnKind::kStreamingMaxPool:
      return {std::min(n.in.height, n.in.width) == 1 ? n.in.channels : 0, 0};
    case FinnKind::kLabelSelect:
      return {n.in.elements(), 0};
    case FinnKind::kPool:
    case FinnKind::kThreshold:
    case FinnKind::kAdd:
    case FinnKind::kFork:
    case FinnKind::kChannelwise:
    case FinnKind::kReshape:
      return {n.in.channels, 0};
  }
  FINNR_CHECK(false, "no such unit");
}

FinnTotals totals(const FinnDesign& design) {
  FinnTotals totals;
  std::map<std::string, std::int64_t> of_node;
  for (std::size_t i = 0; i < design.units.size(); ++i) {
    const std::int64_t now = cycles(design.units[i]);
    totals.cost += cost(design.units[i]);
    of_node[design.units[i].node.name] += now;
    if (now <= totals.cycles) continue;
    totals.cycles = now;
    totals.slowest = i;
  }
  std::map<std::string, std::int64_t> until;  // cycles on the longest way that ends in a node
  for (const DescribedNode& node : design.network.nodes) {
    std::int64_t before = 0;
    for (const std::string& input : node.inputs) before = std::max(before, until[input]);
    until[node.name] = before + of_node[node.name];
    totals.longest_path = std::max(totals.longest_path, until[node.name]);
  }
  return totals;
}

}  // namespace finnr
