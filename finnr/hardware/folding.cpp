// SPDX-License-Identifier: Apache-2.0
// Balancing: each layer alone takes the fewest multiplications at once that meet the cycle target. Among equals those in multiplier
// slices take the fewest slices, which several channels at once share, and then all the widest SIMD, which needs the smallest adders
// for accumulation.
#include "finnr/hardware/folding.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <numeric>
#include <tuple>

#include "finnr/base/integers.h"
#include "finnr/hardware/core.h"

namespace finnr {
namespace {

constexpr std::int64_t kDefaultCycles = 50'000;
constexpr std::int64_t kDefaultMacs = 4'096;

bool has_weights(const Layer& layer) {
  return std::holds_alternative<MatrixLayer>(layer.kind) || std::holds_alternative<DepthwiseLayer>(layer.kind);
}

std::int64_t macs(const Folding& folding, const HardwarePart& part) {
  std::int64_t sum = 0;
  for (std::size_t i = 0; i < folding.size(); ++i) {
    if (has_weights(part.layers[i])) sum += std::int64_t{folding[i].pe} * folding[i].simd * folding[i].m;
  }
  return sum;
}

/// Inputs at once that keep the streams of a layer simple: divisors of its channels, or whole pixels of its windows.
std::vector<std::int64_t> simd_choices(const MatrixLayer& layer) {
  if (!layer.windows) return divisors(layer.inputs);
  const std::int64_t kernel = layer.windows->kernel();
  const std::int64_t channels = layer.inputs / kernel;
  std::vector<std::int64_t> choices = divisors(channels);
  for (const std::int64_t pixels : divisors(kernel)) {
    if (pixels > 1) choices.push_back(pixels * channels);
  }
  return choices;
}

/// Cycles of the windows in front of a matrix of `m` pixels at once, when they are as wide as they can be.
std::int64_t least_window_cycles(const MatrixLayer& layer, std::int64_t m) {
  if (!layer.windows) return 0;
  return layer.groups * tiled_beats(*layer.windows, layer.windows->pixels() / m, tiles(*layer.windows).back());
}

/// Cycles of a matrix of `m` pixels at once; the copies' results pass through one stream of `pe` lanes.
std::int64_t matrix_cycles(const MatrixLayer& layer, std::int64_t pe, std::int64_t simd, std::int64_t m) {
  const std::int64_t folds = ceil_div(layer.outputs, pe);
  return std::max(layer.vectors / m * folds * ceil_div(layer.inputs, simd), layer.vectors * folds);
}

std::int64_t depthwise_cycles(const DepthwiseLayer& layer, std::int64_t pe, std::int64_t simd) {
  const std::int64_t beats = layer.pixels * ceil_div(layer.kernel, simd);
  const std::int64_t windows = layer.windows ? tiled_beats(*layer.windows, layer.pixels, tiles(*layer.windows).back()) : 0;
  return ceil_div(layer.channels, pe) * std::max(beats, windows);
}

/// What tells folds of equally many products apart, less is better: multiplier slices, and first that channels fill not more than one
/// for each input, since every channel has an accumulator; nothing where a layer has no slices.
std::pair<bool, std::int64_t> slices(const MatrixLayer& layer, const IntType& x, const Fold& fold) {
  if (choose_core(x, layer.w, true) != Core::kDsp) return {false, 0};
  const std::int64_t channels = slice_channels(x.bits(), layer.w.bits());
  return {fold.pe > channels, ceil_div(fold.pe, channels) * fold.simd};
}

Fold balance(const MatrixLayer& layer, const IntType& x, std::int64_t cycles) {
  // One pixel at once where that is enough; each copy has its own weights. Copies help windows that cannot send several kernel
  // positions at once.
  const std::vector<std::int64_t> choices = pixel_choices(layer);
  const auto least = [&](std::int64_t pixels) { return std::max(layer.vectors, least_window_cycles(layer, pixels)); };
  const std::int64_t limit = std::max(cycles, least(choices.back()));
  const std::int64_t m = *std::ranges::find_if(choices, [&](std::int64_t pixels) { return least(pixels) <= limit; });
  Fold best{static_cast<int>(layer.outputs), static_cast<int>(layer.inputs), false, {}, static_cast<int>(m)};
  for (const std::int64_t simd : simd_choices(layer)) {
    for (const std::int64_t pe : divisors(layer.outputs)) {
      if (matrix_cycles(layer, pe, simd, m) > std::max(cycles, least_window_cycles(layer, m))) continue;
      const Fold fold{static_cast<int>(pe), static_cast<int>(simd), false, {}, static_cast<int>(m)};
      const auto cost = [&](const Fold& f) { return std::tuple(std::int64_t{f.pe} * f.simd, slices(layer, x, f), -f.simd); };
      if (cost(fold) < cost(best)) best = fold;
    }
  }
  return best;
}

/// More channels at once first, and then elements of their windows, which take more memories.
Fold balance(const DepthwiseLayer& layer, std::int64_t cycles) {
  for (const std::int64_t pe : divisors(layer.channels)) {
    if (depthwise_cycles(layer, pe, 1) <= cycles) return {static_cast<int>(pe), 1, false, {}};
  }
  const std::int64_t limit = std::max(cycles, depthwise_cycles(layer, layer.channels, layer.kernel));
  const std::vector<std::int64_t> choices = divisors(layer.kernel);
  const std::int64_t simd =
      *std::ranges::find_if(choices, [&](std::int64_t elements) { return depthwise_cycles(layer, layer.channels, elements) <= limit; });
  return {static_cast<int>(layer.channels), static_cast<int>(simd), false, {}};
}

}  // namespace

std::vector<std::int64_t> pixel_choices(const MatrixLayer& layer) {
  if (!layer.windows) return {1};
  return divisors(layer.windows->shape.ow > 1 ? layer.windows->shape.ow : layer.windows->shape.oh);
}

std::vector<std::int64_t> divisors(std::int64_t n) {
  std::vector<std::int64_t> result;
  for (std::int64_t d = 1; d <= n; ++d) {
    if (n % d == 0) result.push_back(d);
  }
  return result;
}

std::int64_t layer_interval(const Layer& layer, const Fold& fold) {
  const std::int64_t pe = std::max(fold.pe, 1);
  return std::visit(
      Overloaded{
          [&](const MatrixLayer& m) { return std::max(matrix_cycles(m, pe, fold.simd, fold.m), least_window_cycles(m, fold.m)); },
          [&](const DepthwiseLayer& d) { return depthwise_cycles(d, pe, fold.simd); },
          [&](const PoolLayer& p) {
            const std::int64_t folds = ceil_div(p.channels, pe);
            return folds * (p.windows ? p.windows->beats() : p.count * p.pixels);
          },
          [&](const ThresholdLayer& t) { return t.vectors * ceil_div(t.channels, pe); },
          [&](const ShiftLayer& t) { return t.vectors * ceil_div(t.channels, pe); },
          [&](const TopKLayer& t) { return std::max(ceil_div(t.labels, pe), t.k); },
          [&](const JoinLayer& j) { return j.vectors * ceil_div(j.channels, pe); },
          [&](const ConcatLayer& c) { return c.rounds * ceil_div(std::accumulate(c.turns.begin(), c.turns.end(), std::int64_t{0}), pe); },
          [&](const TakeLayer& t) { return t.rounds * ceil_div(t.period, pe); },
          [&](const ResampleLayer& r) { return ceil_div(r.channels, pe) * r.windows.beats(); },
          [&](const PermuteLayer& p) { return ceil_div(std::max<std::int64_t>(std::ssize(p.index), p.elements), pe); }},
      layer.kind);
}

Folding balance(const HardwarePart& part, std::int64_t cycles) {
  Folding folding;
  for (const Layer& layer : part.layers) {
    folding.push_back(std::visit(Overloaded{[&](const MatrixLayer& m) { return balance(m, part.links[layer.inputs[0]].type, cycles); },
                                            [&](const DepthwiseLayer& d) { return balance(d, cycles); },
                                            [](const auto&) {
                                              return Fold{0, 0, false, {}};
                                            }},
                                 layer.kind));
  }
  return folding;
}

Folding default_folding(const HardwarePart& part) {
  Folding folding = balance(part, kDefaultCycles);
  if (macs(folding, part) <= kDefaultMacs) return folding;
  std::int64_t few = kDefaultCycles;  // too many multiplications at this target
  std::int64_t enough = few;
  do {
    enough *= 2;
  } while (macs(balance(part, enough), part) > kDefaultMacs && enough < (std::int64_t{1} << 40));  // thousands of layers
  while (enough - few > 1) {
    const std::int64_t middle = few + (enough - few) / 2;
    (macs(balance(part, middle), part) > kDefaultMacs ? few : enough) = middle;
  }
  return balance(part, enough);
}

Result<Folding> folding_for_fps(const HardwarePart& part, double fps, double clock_mhz) {
  const auto cycles = static_cast<std::int64_t>(std::floor(clock_mhz * 1e6 / fps));
  Folding folding = balance(part, cycles);
  const Layer* slowest = nullptr;
  std::int64_t reached = cycles;
  for (std::size_t i = 0; i < folding.size(); ++i) {
    Fold widest = folding[i];
    if (widest.pe == 0) widest.pe = 1 << 30;  // as many lanes as there are channels
    const std::int64_t needed = layer_interval(part.layers[i], widest);
    if (needed <= reached) continue;
    reached = needed;
    slowest = &part.layers[i];
  }
  if (slowest != nullptr) {
    return Diagnostic(Code::kFpsUnreachable, fmt::format("{:g} frames a second at {:g} MHz cannot be reached", fps, clock_mhz))
        .at(place_of(*slowest))
        .because(fmt::format("that leaves {} cycles a frame, and layer {} needs {} even when unfolded completely", cycles, slowest->name,
                             reached))
        .fix(fmt::format("at most {:g} frames a second at this clock, or --clock {:g}", clock_mhz * 1e6 / static_cast<double>(reached),
                         fps * static_cast<double>(reached) / 1e6));
  }
  return folding;
}

}  // namespace finnr
