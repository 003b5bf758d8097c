// SPDX-License-Identifier: Apache-2.0
// Balancing: each layer alone takes the fewest multiplications at once that meet the cycle target (the widest SIMD among
// equals, which needs the smallest adders for accumulation).
#include "finnr/hardware/folding.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "finnr/base/integers.h"

namespace finnr {
namespace {

constexpr std::int64_t kDefaultCycles = 50'000;
constexpr std::int64_t kDefaultMacs = 4'096;

std::int64_t macs(const Folding& folding, const HardwarePart& part) {
  std::int64_t sum = 0;
  for (std::size_t i = 0; i < folding.size(); ++i) {
    if (std::holds_alternative<MatrixLayer>(part.layers[i].kind)) sum += std::int64_t{folding[i].pe} * folding[i].simd;
  }
  return sum;
}

Fold balance(const MatrixLayer& layer, std::int64_t cycles) {
  Fold best{static_cast<int>(layer.outputs), static_cast<int>(layer.inputs), false, {}};
  for (const std::int64_t simd : divisors(layer.inputs)) {
    for (const std::int64_t pe : divisors(layer.outputs)) {
      if (layer.vectors * (layer.outputs / pe) * (layer.inputs / simd) > cycles) continue;
      const std::int64_t now = std::int64_t{best.pe} * best.simd;
      if (pe * simd < now || (pe * simd == now && simd > best.simd)) best = {static_cast<int>(pe), static_cast<int>(simd), false, {}};
    }
  }
  return best;
}

}  // namespace

std::vector<std::int64_t> divisors(std::int64_t n) {
  std::vector<std::int64_t> result;
  for (std::int64_t d = 1; d <= n; ++d) {
    if (n % d == 0) result.push_back(d);
  }
  return result;
}

std::int64_t layer_interval(const Layer& layer, const Fold& fold) {
  return std::visit(
      Overloaded{[&](const MatrixLayer& m) { return m.vectors * ceil_div(m.outputs, fold.pe) * ceil_div(m.inputs, fold.simd); },
                 [&](const ThresholdLayer& t) { return t.vectors * ceil_div(t.channels, std::max(fold.pe, 1)); },
                 [&](const TopKLayer& t) { return std::max(ceil_div(t.labels, std::max(fold.pe, 1)), t.k); }},
      layer.kind);
}

Folding balance(const HardwarePart& part, std::int64_t cycles) {
  Folding folding;
  for (const Layer& layer : part.layers) {
    const auto* m = std::get_if<MatrixLayer>(&layer.kind);
    folding.push_back(m != nullptr ? balance(*m, cycles) : Fold{0, 0, false, {}});
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
  } while (macs(balance(part, enough), part) > kDefaultMacs);
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
    if (!std::holds_alternative<MatrixLayer>(part.layers[i].kind)) continue;
    const std::int64_t needed = layer_interval(part.layers[i], folding[i]);
    if (needed <= reached) continue;
    reached = needed;
    slowest = &part.layers[i];
  }
  if (slowest != nullptr) {
    return Diagnostic(Code::kFpsUnreachable, fmt::format("{:g} frames a second at {:g} MHz cannot be reached", fps, clock_mhz))
        .at({"", slowest->origin.empty() ? "" : slowest->origin.front(), ""})
        .because(fmt::format("that leaves {} cycles a frame, and layer {} needs {} even when unfolded completely", cycles, slowest->name,
                             reached))
        .fix(fmt::format("at most {:g} frames a second at this clock, or --clock {:g}", clock_mhz * 1e6 / static_cast<double>(reached),
                         fps * static_cast<double>(reached) / 1e6));
  }
  return folding;
}

}  // namespace finnr
