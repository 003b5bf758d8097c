// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <array>
#include <cmath>

#include "finnr/base/integers.h"
#include "finnr/cost/finn_design.h"

namespace finnr {
namespace {

bool xnor(const DescribedNode& n) { return n.x.bipolar && n.w.bipolar; }

/// FINN stores weights of -1 and +1 in two bits unless the input is bipolar too.
std::int64_t weight_bits(const DescribedNode& n) { return n.w.bipolar && !n.x.bipolar ? 2 : n.w.bits(); }

std::int64_t lanes(const FinnUnit& u) { return u.pe * u.simd; }

/// Words of the weight memory.
std::int64_t weight_depth(const FinnUnit& u) {
  const DescribedNode& n = u.node;
  const std::int64_t weights =
      u.kind == FinnKind::kVvau ? n.in.channels * n.kernel_size() : n.matrix_inputs() * n.matrix_outputs() * n.groups;
  return weights / lanes(u);
}

/// 18 Kb blocks of a memory; `byte` is 9 where parity bits are used, else 8.
std::int64_t blocks(std::int64_t width, std::int64_t depth, std::int64_t byte) {
  if (width == 1) return ceil_div(depth, 16384);
  if (width == 2) return ceil_div(depth, 8192);
  if (width <= 4) return ceil_div(depth, 4096) * ceil_div(width, 4);
  if (width <= byte) return ceil_div(depth, 2048) * ceil_div(width, byte);
  if (width <= 2 * byte || depth > 512) return ceil_div(depth, 1024) * ceil_div(width, 2 * byte);
  return ceil_div(depth, 512) * ceil_div(width, 4 * byte);
}

/// The floor of c0 + c1 * PE * (products + adders + accumulator) + c2, where c2 are LUTs that hold weights.
std::int64_t matrix_luts(const FinnUnit& u) {
  if (u.rtl) return 0;  // not modelled upstream
  const DescribedNode& n = u.node;
  const std::int64_t w = weight_bits(n);
  const std::int64_t x = n.x.bits();
  const std::int64_t products = u.dsp ? 0 : u.simd * (2 * ceil_div(w + x, 6) - 1) * (w + x);
  const std::int64_t adders = (w + x) * (2 * u.simd - 1);
  const std::int64_t inputs = u.kind == FinnKind::kVvau ? n.kernel_size() : n.matrix_inputs();
  const bool is_signed = n.x.is_signed() && !xnor(n);
  const double alpha = std::log2(static_cast<double>(inputs)) + static_cast<double>(w + x - 1 - (is_signed ? 1 : 0));
  auto accumulator = static_cast<std::int64_t>(std::ceil(alpha + std::log2(1 + std::pow(2.0, -alpha)) + 1));
  if (u.accumulator_bits > 0) accumulator = std::min<std::int64_t>(accumulator, u.accumulator_bits);
  const std::int64_t depth = weight_depth(u);
  const bool in_luts = u.embedded ? depth <= 128 : u.ram == FinnRam::kDistributed;
  const std::int64_t memory = in_luts ? lanes(u) * w * ceil_div(depth, 64) : 0;
  return static_cast<std::int64_t>(300 + 1.1 * static_cast<double>(u.pe * (products + adders + accumulator)) + static_cast<double>(memory));
}

std::int64_t matrix_blocks(const FinnUnit& u) {
  const std::int64_t depth = weight_depth(u);
  if (u.embedded ? depth <= 128 : u.ram == FinnRam::kDistributed || u.ram == FinnRam::kUltra) return 0;
  const bool vvau = u.kind == FinnKind::kVvau;
  if (vvau && u.ram == FinnRam::kAuto && depth <= 128) return 0;
  return blocks(lanes(u) * weight_bits(u.node), depth, vvau ? 8 : 9);
}

std::int64_t matrix_dsps(const FinnUnit& u) {
  if (u.rtl) return ceil_div(u.pe, 4) * u.simd;
  constexpr std::int64_t kBlockBits = 48;
  const std::int64_t per_product = ceil_div(weight_bits(u.node) + u.node.x.bits(), kBlockBits);
  if (!u.dsp) return 0;
  return u.kind == FinnKind::kVvau ? u.pe * per_product : lanes(u) * per_product;
}

Cost window_resources(const FinnUnit& u) {
  const DescribedNode& n = u.node;
  const auto [kh, kw] = n.kernel;
  const std::int64_t width = n.padded_width();
  const std::int64_t cf = n.in.channels / u.simd;
  std::int64_t depth = ((kh - 1) * width + kw) * cf;
  if (u.parallel_window) {
    depth = ((kh - 1) * width + kw - 1) * cf + 2;
  } else {
    depth +=
        std::max<std::int64_t>(0, (n.stride[1] - 1 - kh * kw) * cf) + std::max<std::int64_t>(0, ((n.stride[0] - 1) * width - kh * kw) * cf);
  }
  const std::int64_t bits = u.simd * n.x.bits();
  Cost r;
  r.lut = 300;
  if (u.ram == FinnRam::kDistributed) {
    r.lut += bits * ceil_div(depth, 38);
  } else if (u.ram == FinnRam::kUltra) {
    r.uram = ceil_div(depth, 4096) * ceil_div(bits, 72);
  } else {
    constexpr std::array<std::array<std::int64_t, 2>, 5> kSteps = {{{512, 36}, {1024, 18}, {2048, 9}, {4096, 4}, {8192, 2}}};
    const auto columns = [&](std::int64_t rows) {
      for (const auto& [most, wide] : kSteps) {
        if (rows <= most) return ceil_div(bits, wide);
      }
      return bits;
    };
    const std::int64_t rest = depth % 16384;
    r.bram18 = depth / 16384 * bits + (rest > 0 ? columns(rest) : 0);
  }
  return r;
}

/// One memory for every bit of the result, in whatever primitive wastes the fewest bits.
Cost threshold_resources(const FinnUnit& u) {
  struct Primitive {
    std::int64_t width;
    std::int64_t depth;
    Cost::Member member;
  };
  static constexpr std::array<Primitive, 8> kPrimitives = {{{72, 4096, &Cost::uram},
                                                            {36, 8192, &Cost::uram},
                                                            {18, 16384, &Cost::uram},
                                                            {9, 32768, &Cost::uram},
                                                            {36, 512, &Cost::bram18},
                                                            {18, 1024, &Cost::bram18},
                                                            {9, 2048, &Cost::bram18},
                                                            {1, 64, &Cost::lut}}};
  const DescribedNode& n = u.node;
  const std::int64_t width = n.x.bits() + (n.x.is_signed() ? 0 : 1);  // thresholds reach one past the largest input
  const bool triggers = u.depth_trigger_bram != 0 || u.depth_trigger_uram != 0;
  Cost r;
  for (int bit = 0; bit < n.y.bits(); ++bit) {
    const std::int64_t depth = n.in.channels / u.pe * (std::int64_t{1} << bit);
    const Primitive* best = nullptr;
    std::int64_t waste = 0;
    for (const Primitive& p : kPrimitives) {
      if (triggers && depth >= u.depth_trigger_uram && p.member != &Cost::uram) continue;
      if (triggers && depth >= u.depth_trigger_bram && depth < u.depth_trigger_uram && p.member != &Cost::bram18) continue;
      const std::int64_t now = ceil_div(width, p.width) * ceil_div(depth, p.depth) * p.width * p.depth - width * depth;
      if (best != nullptr && now > waste) continue;  // of equals the last: LUTs
      best = &p;
      waste = now;
    }
    r.*best->member += u.pe * ceil_div(width, best->width) * ceil_div(depth, best->depth);
  }
  return r;
}

Cost channelwise_resources(const FinnUnit& u) {
  const std::int64_t x = u.node.x.bits();
  const std::int64_t folds = u.node.in.channels / u.pe;
  Cost r;
  r.lut = x * u.pe;
  if (u.ram == FinnRam::kDistributed && folds > 1) r.lut += u.pe * x * ceil_div(folds, 64);
  return r;
}

/// The 2018 code counts widths of one bit in its memories.
Cost matrix_2018_resources(const FinnUnit& u) {
  const DescribedNode& n = u.node;
  const auto log = [](std::int64_t v) { return std::log2(static_cast<double>(v)); };
  const std::int64_t w = n.w.bits();
  const std::int64_t x = n.x.bits();
  const double logic = static_cast<double>(2 * u.simd * u.pe * u.m * x * w + w + x) + log(n.in.channels) + 2 * log(n.kernel[0]) +
                       2 * log(n.in.channels) + log(n.out.channels);
  Cost r;
  r.lut = static_cast<std::int64_t>(logic);
  const std::int64_t depth = weight_depth(u);
  const double share = std::min(static_cast<double>(u.simd * w) / 36.0, 1.0);
  r.bram18 = static_cast<std::int64_t>(std::ceil(static_cast<double>(u.pe * ceil_div(depth, 512) * ceil_div(u.simd * w, 36)) * share));
  return r;
}

}  // namespace

Cost cost(const FinnUnit& u) {
  Cost r;
  switch (u.kind) {
    case FinnKind::kMvau:
    case FinnKind::kVvau:
      r.lut = matrix_luts(u);
      r.bram18 = matrix_blocks(u);
      r.dsp = matrix_dsps(u);
      if (u.ram == FinnRam::kUltra) r.uram = ceil_div(lanes(u) * weight_bits(u.node), 72) * ceil_div(weight_depth(u), 4096);
      return r;
    case FinnKind::kWindow:
      return window_resources(u);
    case FinnKind::kThreshold:
      return threshold_resources(u);
    case FinnKind::kChannelwise:
      return channelwise_resources(u);
    case FinnKind::kMvtu2018:
      return matrix_2018_resources(u);
    case FinnKind::kPad:
    case FinnKind::kPool:
    case FinnKind::kStreamingMaxPool:
    case FinnKind::kDownsample:
    case FinnKind::kAdd:
    case FinnKind::kFork:
    case FinnKind::kReshape:
    case FinnKind::kLabelSelect:
    case FinnKind::kWindow2018:
      return r;  // not modelled upstream
  }
  return r;
}

}  // namespace finnr
