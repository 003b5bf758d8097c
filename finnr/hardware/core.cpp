// SPDX-License-Identifier: Apache-2.0
#include "finnr/hardware/core.h"

#include <array>
#include <bit>

#include "finnr/base/integers.h"

namespace finnr {
namespace {

constexpr std::array<std::string_view, 3> kCoreNames = {"operators", "lut", "dsp"};
constexpr int kFewGates = 9;                  // of a product that gates do better than a share of a slice
constexpr int kMaxGates = 16;                 // of a product that gates do better than a multiplier of the tool's
constexpr int kMaxFactor = 17;                // bits of an unsigned operand of a slice
constexpr std::int64_t kThresholdCycles = 2;  // of finnr_threshold without a search: fused ones never need one

CoreRegisters pipeline(std::int64_t simd, int pipeline, std::int64_t beats, bool thresholds) {
  const std::int64_t read = pipeline > 0 ? 2 : 1;  // input register, and one behind the weight memory
  return {read + core_registers(simd, pipeline) + (beats > 1 ? 1 : 0), thresholds ? kThresholdCycles : 0};
}

}  // namespace

std::string_view to_text(Core core) { return kCoreNames[static_cast<std::size_t>(core)]; }

std::optional<Core> find_core(std::string_view name) {
  for (std::size_t i = 0; i < kCoreNames.size(); ++i) {
    if (kCoreNames[i] == name) return static_cast<Core>(i);
  }
  return std::nullopt;
}

Core choose_core(const IntType& x, const IntType& w, bool shared) {
  const int gates = x.bits() * w.bits();
  if (x.bipolar || w.bipolar || gates <= kFewGates) return Core::kLut;
  if (shared && w.is_signed() && x.bits() >= 2 && x.bits() <= kMaxFactor && w.bits() >= 2) return Core::kDsp;
  return gates <= kMaxGates ? Core::kLut : Core::kOperators;
}

std::int64_t slice_channels(std::int64_t x_bits, std::int64_t w_bits, std::int64_t slice_bits) {
  return (slice_bits - 1 - w_bits) / (x_bits + w_bits - 1) + 1;
}

bool merges_weights(const IntType& x, const IntType& w, Core core, std::int64_t words) {
  return x.bipolar && w.bipolar && core == Core::kLut && words > 1 && words <= kMergedWords;
}

bool has_preset(const IntType& x, const IntType& w, const std::optional<Steps>& steps) {
  return x.bipolar && w.bipolar && steps && steps->count() == 1 && steps->codes.bits() == 1;
}

std::int64_t core_registers(std::int64_t simd, int pipeline) {
  if (pipeline == 0) return 1;
  const std::int64_t levels = 1 + std::bit_width(static_cast<std::uint64_t>(simd - 1));
  return ceil_div(levels, pipeline);
}

CoreRegisters pipeline_of(const Mvu& mvu) {
  return pipeline(mvu.simd, mvu.pipeline, mvu.mw / mvu.simd, mvu.steps && !has_preset(mvu.x, mvu.w, mvu.steps));
}

CoreRegisters pipeline_of(const Vvu& vvu) {
  return pipeline(vvu.simd, vvu.pipeline, vvu.kernel / vvu.simd, vvu.steps && !has_preset(vvu.x, vvu.w, vvu.steps));
}

std::int64_t core_latency(const Mvu& mvu) { return pipeline_of(mvu).mac + pipeline_of(mvu).thresholds; }

std::int64_t core_latency(const Vvu& vvu) { return pipeline_of(vvu).mac + pipeline_of(vvu).thresholds; }

}  // namespace finnr
